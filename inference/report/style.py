"""The page's style sheet: muted colors, light and dark, narrow screens and paper."""

from __future__ import annotations

STYLE_SHEET = """
:root {
  color-scheme: light dark;
  --ground: #fbfbfa; --panel: #ffffff; --ink: #20262c; --soft: #5b6670; --rule: #dfe3e6;
  --mix: #6b7883; --moved: #1f5f8b; --expected: #1f5f8b26; --high: #9dbcd2; --median: #1f5f8b;
  --neighbors: #7a5a8e2b; --middle: #7a5a8e;
  --good: #2c6e49; --good-ground: #e5f0e9; --bad: #a13d2d; --bad-ground: #f7e8e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181b; --panel: #1c2024; --ink: #e4e8eb; --soft: #9aa6b0; --rule: #333a41;
    --mix: #93a0ab; --moved: #79b4dd; --expected: #79b4dd2e; --high: #3f647e; --median: #79b4dd;
    --neighbors: #c3a3d638; --middle: #c3a3d6;
    --good: #8ccfa6; --good-ground: #1d3327; --bad: #eda08f; --bad-ground: #3b231e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 56rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; font-weight: 650; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; font-weight: 650; }
h3 { font-size: .9rem; margin: 1.25rem 0 .35rem; font-weight: 650; }
p { margin: 0 0 .75rem; }
p.reason { margin-bottom: .35rem; }
p.origin { margin-top: 1.25rem; }
.soft { color: var(--soft); font-size: .9rem; }
section {
  background: var(--panel); border: 1px solid var(--rule); border-radius: .5rem;
  padding: 1.1rem 1.25rem 1rem; margin: 1rem 0;
}
.badge {
  display: inline-block; padding: .2rem .7rem; border-radius: 1rem; font-weight: 600;
  font-size: .9rem; margin: .6rem 0 .25rem;
}
.good { color: var(--good); background: var(--good-ground); }
.bad { color: var(--bad); background: var(--bad-ground); }
ul.bad, ul.notes { background: none; margin: .25rem 0 .75rem; padding-left: 1.2rem; }
figure + ul.notes { margin-top: .9rem; }
dl { margin: 0; }
dt { font-weight: 600; }
dd { margin: 0 0 .7rem; }
dl.keys { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; }
dl.keys div { border-left: 3px solid var(--rule); padding-left: .75rem; }
dl.keys dt { font-weight: 400; color: var(--soft); font-size: .85rem; }
dl.keys dd { font-size: 1.35rem; font-weight: 600; margin: 0; }
dl.keys small { font-size: .8rem; font-weight: 400; color: var(--soft); display: block; }
dl.facts { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr; gap: .35rem 1rem; }
dl.facts dt { font-weight: 400; color: var(--soft); }
dl.facts dd { margin: 0; }
.scroll { overflow-x: auto; margin: 0 0 .75rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; vertical-align: top; font-weight: 400; }
thead th { color: var(--soft); font-size: .85rem; border-bottom: 1px solid var(--rule); }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
th, td { overflow-wrap: break-word; }
table.narrow { max-width: 34rem; }
th.number, td.number { text-align: right; white-space: nowrap; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 12.5px; }
svg .tick { fill: var(--soft); }
svg .name, svg .value { fill: var(--ink); }
svg .grid { stroke: var(--rule); }
svg .zero { stroke: var(--soft); }
svg .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .mix { stroke: var(--mix); stroke-dasharray: 5 3; }
svg .moved { stroke: var(--moved); stroke-width: 2.5; }
svg .expected { fill: var(--expected); }
svg .high { fill: var(--high); }
svg .median { fill: var(--median); }
svg .neighbors { fill: var(--neighbors); }
svg .middle { stroke: var(--middle); stroke-width: 1.25; }
figcaption { color: var(--soft); font-size: .85rem; margin-top: .35rem; }
.key { display: inline-block; margin-right: 1.25rem; }
.swatch {
  display: inline-block; width: 1.75rem; height: .65rem; margin-right: .4rem; border-radius: 1px;
}
.swatch.mix { height: 0; border-top: 2px dashed var(--mix); vertical-align: .25rem; }
.swatch.moved { height: 0; border-top: 3px solid var(--moved); vertical-align: .25rem; }
.swatch.expected { background: var(--expected); }
.swatch.high { background: var(--high); }
.swatch.median { background: var(--median); }
.swatch.neighbors { background: var(--neighbors); }
.swatch.middle { height: 0; border-top: 1px solid var(--middle); vertical-align: .25rem; }
@media (max-width: 40rem) {
  body { padding: 1.25rem .75rem 2rem; }
  section { padding: .9rem .85rem .75rem; }
  svg text { font-size: 19px; }
  svg .minor, table.playback :is(th, td):last-child { display: none; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: .5rem; }
}
@media print {
  :root {
    --ground: #ffffff; --panel: #ffffff; --ink: #000000; --soft: #444444; --rule: #cccccc;
    --mix: #777777; --moved: #1f5f8b; --expected: #dbe6ee; --high: #b5cddd; --median: #1f5f8b;
    --neighbors: #e7dfec; --middle: #7a5a8e;
    --good: #1c5535; --good-ground: #ffffff; --bad: #8a2b1c; --bad-ground: #ffffff;
  }
  body { padding: 0; max-width: none; font-size: 10pt; }
  section { border: 0; padding: 0; margin: 1.2rem 0; }
  .badge { padding: 0; }
  figure, tr, dl.keys { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
