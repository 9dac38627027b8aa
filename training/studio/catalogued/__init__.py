"""From a catalogue to what is known of a studio: each pair measured once, and kept.

`studying.study` reads a pair and finds what its master did to its mix; `storing` keeps that by the
content of both files; `collecting.collect` puts the pairs of a catalogue together, and `units` and
`leaks` see to it that nothing is tested on what it was learned from.
"""
