"""A studio's taste from its own pairs of mix and master: learned, held against others, decided.

What goes through, in this order:

`base.BaseModel`
    The model that a studio starts from, as users get it, and the center of what it learned from.
`pairs.StudioPairs`
    What is known of a studio: statistics of its mixes, what the base model would do with them, the
    moves that best explain its masters with their standard deviations, albums, loudness.
`adapting.adapt(pairs, center) -> AdaptedModel`
    The studio's part, which follows the base model's moves: a factor of them, a constant, and what
    depends on the spectrum of the mix; all of it shrunk toward the base by what other albums say.
`validating.cross_validated(pairs, judge, center) -> HeldOut`
    Errors of songs whose album was left out of everything, choices too: of the studio's model, the
    base, the unchanged mix, and the studio's mean settings.
`deciding.decide(held_out) -> Decision`
    The exact sign-flip test over albums. Accepted is what beats both the base and doing nothing.
`exporting.export_adapted(path, base, model, pairs, held_out, facts) -> Path`
    One file for ``glassmaster master --model``: the base's arrays and those of the studio.

`finetuning.finetune` does all of it with a catalogue: `catalogued/` studies its pairs and keeps
what was found, `proving/` shows whether the model is better, `styling/` what the studio does
otherwise.

`simulating/` makes studios whose taste is known, by processors that the chain does not have, and
`suite` runs all of the above on many of them.
"""
