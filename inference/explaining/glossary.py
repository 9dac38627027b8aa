"""Words that an artist may not know, each in a sentence."""

from __future__ import annotations

GLOSSARY: dict[str, str] = {
    "dB": "Decibel: how much louder or quieter. 1 dB is about the least that most people notice "
    "in music, 10 dB sound about twice as loud.",
    "LUFS": "Loudness as people hear it, averaged over a song. A higher number is louder: -9 is "
    "louder than -14.",
    "Hz": "Hertz: how high or low a sound is. Bass lies around 60, voices around 300 to 3000, "
    "cymbals around 8000.",
    "bass": "The lowest sounds, 30 to 140 Hz: kick drum and bass.",
    "low mids": "140 to 560 Hz: warmth and body, and mud where there is too much.",
    "mids": "560 to 2200 Hz: where most of voices and instruments is.",
    "presence": "2200 to 7000 Hz: clarity and bite, and sharpness where there is too much.",
    "air": "Above 7000 Hz: cymbals, breath and shine.",
    "equalizer": "Turns parts of the sound up or down, like the bass and treble knobs of a stereo.",
    "compressor": "Turns loud moments down a little, so that quiet and loud lie closer together.",
    "saturator": "Adds gentle distortion, which makes a sound fuller.",
    "de-esser": "Softens sharp “s” sounds.",
    "stereo imager": "Makes the sound wider or narrower between the two loudspeakers.",
    "limiter": "Catches the highest peaks, so that the whole song can be louder without clipping.",
    "peaks": "The highest points of the sound, drum hits above all.",
    "middle and sides": "What both loudspeakers play alike, and what makes the sound wide.",
    "equally loud": "Versions are compared at the same loudness, because louder alone sounds "
    "better.",
    "finished song": "A published song of the reference corpus that comes with the program.",
}


def explained(text: str) -> list[tuple[str, str]]:
    """Return the words of a text that the glossary explains, in its order."""
    lowered = text.casefold()
    found = []
    for word, meaning in GLOSSARY.items():
        parts = [part.strip() for part in word.casefold().split(" and ")]
        if any(part in lowered for part in parts):
            found.append((word, meaning))
    return found
