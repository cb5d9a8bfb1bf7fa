/** The whole look of the HTML report: no font, image or script from anywhere. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2127; --soft: #5c6570; --line: #dfe3e8; --track: #f1f3f5;
  --life: #3b76c4; --ahead: #a9c7ec; --ended: #b3bac2; --use: #12795a; --high: #b3261e; --medium: #8f5b00; --low: #4a5a6a; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e6e9ed; --soft: #9aa4af; --line: #2c323a; --track: #1e2329;
  --life: #6ea3e6; --ahead: #2f4a6b; --ended: #4d555f; --use: #5cc9a0; --high: #ff8a80; --medium: #f0bd60; --low: #a9b8c8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 90rem; display: flex; flex-direction: column; background: var(--paper);
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1, h2 { margin: 0 0 .5rem; line-height: 1.2; } h2 { font-size: 1.1rem; margin-top: 1.5rem; }
.belongs { margin: .2rem 0 0; font-size: .8rem; gap: 0 .5rem; grid-template-columns: max-content minmax(0, 1fr); }
.do { grid-column: 1 / -1; margin: .3rem 0 0; font-size: .85rem; }
.filter { border: 0; margin: .5rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1rem; font-size: .85rem; } .filter legend { float: left; padding: 0; }
@media screen { body:has(#show-high:not(:checked)) .worst-high { display: none; } }
@media screen { body:has(#show-medium:not(:checked)) .worst-medium { display: none; } }
@media screen { body:has(#show-low:not(:checked)) .worst-low { display: none; } }
@media screen { body:has(#show-none:not(:checked)) .worst-none { display: none; } }
dl { margin: .5rem 0; font-size: .85rem; display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
.soft { color: var(--soft); } .key, .axis { display: grid; grid-template-columns: minmax(10rem, 20rem) 1fr; gap: 0 1.25rem; }
.key { padding: .6rem 0; border-top: 1px solid var(--line); }
.axis { position: sticky; top: 0; z-index: 1; background: var(--paper); padding: .4rem 0; font-size: .75rem; color: var(--soft); }
.who b { overflow-wrap: anywhere; } .unbroken { white-space: nowrap; } .who div { font-size: .8rem; color: var(--soft); }
.life, .scale { position: relative; height: 1.4rem; overflow: hidden; border-radius: .3rem; }
.life { background: var(--track); align-self: start; margin-top: .2rem; }
.scale span { position: absolute; left: calc((var(--a) - var(--t0)) / (var(--t1) - var(--t0)) * 100%); white-space: nowrap;
  padding-left: .25rem; border-left: 1px solid var(--line); }
.life i { position: absolute; display: block; }
.life .bar { top: .45rem; height: .5rem; left: calc((var(--a) - var(--t0)) / (var(--t1) - var(--t0)) * 100%);
  width: calc((var(--b) - var(--a)) / (var(--t1) - var(--t0)) * 100%); background: var(--life); }
.life .ahead { background: var(--ahead); } .life .ended { background: var(--ended); }
.life .open { width: auto; right: 0; background: linear-gradient(to right, var(--ahead), transparent); }
.life .from-unknown { left: 0; width: calc((var(--b) - var(--t0)) / (var(--t1) - var(--t0)) * 100%);
  background: repeating-linear-gradient(135deg, var(--life) 0 4px, transparent 4px 8px); }
.life .mark { top: .2rem; height: 1rem; width: 3px; margin-left: -1px; background: var(--ink);
  left: calc((var(--a) - var(--t0)) / (var(--t1) - var(--t0)) * 100%); }
.life .used { background: var(--use); width: .7rem; height: .7rem; top: .35rem; margin-left: -.35rem; transform: rotate(45deg); }
.life .rolled { background: none; width: .8rem; height: .8rem; top: .3rem; margin-left: -.4rem; border: 2px solid var(--ink);
  border-radius: 50%; }
.life::after { content: ""; position: absolute; top: 0; bottom: 0; width: 1px; background: var(--high);
  left: calc((var(--now) - var(--t0)) / (var(--t1) - var(--t0)) * 100%); }
.key ul { grid-column: 1 / -1; } ul { margin: .3rem 0 0; padding-left: 1.1rem; font-size: .85rem; }
li.high::marker, .high { color: var(--high); } li.medium::marker, .medium { color: var(--medium); } li.low::marker, .low { color: var(--low); }
li.high, li.medium, li.low { color: var(--ink); } .legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0; padding: 0; list-style: none; font-size: .8rem; }
.legend .life { display: inline-block; width: 3rem; height: 1.2rem; margin: 0 .4rem 0 0; vertical-align: middle; --t0: 0; --t1: 10; --now: -1; }
table { border-collapse: collapse; font-size: .9rem; } td, th { text-align: left; padding: .15rem 1rem .15rem 0; }
@media (max-width: 40rem) { .key, .axis { grid-template-columns: minmax(0, 1fr); } body { padding: .75rem; } dl:not(.belongs) { grid-template-columns: minmax(0, 1fr); } dl:not(.belongs) dd { margin-bottom: .3rem; }
  td { overflow-wrap: anywhere; } td, th { padding-right: .5rem; } }
@media print { .life, .life i { print-color-adjust: exact; -webkit-print-color-adjust: exact; } .life .open { background: none; border: 1px solid var(--ahead); border-right: 0; }
  .life .from-unknown { background: none; border: 1px dashed var(--life); } .filter { display: none; } .worst-high, .worst-medium, .worst-low { break-inside: avoid; } .axis { position: static; } }
`;
