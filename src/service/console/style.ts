/** The whole look of the console, light and dark: no font, image or style from elsewhere. */
export const CONSOLE_STYLE = `
:root { color-scheme: light dark; --paper: #fbfbfc; --card: #fff; --ink: #16191d; --soft: #59626d; --line: #e3e6ea; --edge: #848d97; --hover: #f4f6f8;
  --accent: #2757c9; --on-accent: #fff; --ring: #2757c9; --good: #12653f; --good-bg: #e3f4ea; --warn: #7a4b00; --warn-bg: #fdf0d7; --bad: #ab231b; --bad-bg: #fdeae8;
  --idle: #49525c; --idle-bg: #eceff2; --code: #f2f4f6; --bar: #7c9be6; }
@media (prefers-color-scheme: dark) { :root { --paper: #0f1215; --card: #16191d; --ink: #e8ebee; --soft: #9ba5b0; --line: #2a3037; --edge: #6c7681; --hover: #1c2126;
  --accent: #9db8ff; --on-accent: #0d1630; --ring: #9db8ff; --good: #7fdaa8; --good-bg: #12301f; --warn: #f3c673; --warn-bg: #35270a; --bad: #ff9d94; --bad-bg: #3c1613;
  --idle: #b5bec7; --idle-bg: #262c32; --code: #1f242a; --bar: #5573b8; } }
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; -webkit-text-size-adjust: 100%; }
a { color: var(--accent); text-underline-offset: .2em; text-decoration-thickness: 1px; }
:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: 1rem; z-index: 2; background: var(--card); padding: .5rem .75rem; }
.bar { border-bottom: 1px solid var(--line); background: var(--card); }
.bar > div, main { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; }
.bar > div { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem; min-height: 3.5rem; }
.brand { font-weight: 650; letter-spacing: -.01em; color: var(--ink); text-decoration: none; display: flex; align-items: center; gap: .5rem; }
.brand svg { color: var(--accent); }
nav { display: flex; flex-wrap: wrap; gap: .25rem; } nav a { color: var(--soft); text-decoration: none; padding: .4rem .7rem; border-radius: .5rem; }
nav a:hover { background: var(--hover); color: var(--ink); } nav a[aria-current] { color: var(--ink); font-weight: 600; background: var(--hover); }
.me { margin-left: auto; display: flex; align-items: center; gap: .75rem; color: var(--soft); font-size: .875rem; min-width: 0; } .me bdi { overflow-wrap: anywhere; }
main { padding-top: 2.25rem; padding-bottom: 5rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; letter-spacing: -.02em; font-weight: 650; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; letter-spacing: -.01em; font-weight: 600; margin: 0 0 .75rem; } p { margin: 0 0 1rem; } .soft { color: var(--soft); } .small { font-size: .875rem; }
.head { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: center; margin-bottom: 1.5rem; } .head .actions { margin-left: auto; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
.crumb { font-size: .875rem; margin-bottom: .5rem; } .crumb a { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1.5rem; margin-bottom: 1.25rem; }
.narrow { max-width: 38rem; margin: 0 auto; } .gate { max-width: 26rem; margin: 9vh auto 0; } .gate h1 + .card { margin-top: 1rem; }
.button, button { font: inherit; font-weight: 550; line-height: 1.25; padding: .55rem .95rem; border-radius: .55rem; border: 1px solid var(--edge); background: var(--card); color: var(--ink); cursor: pointer; text-decoration: none; display: inline-block; }
.button:hover, button:hover { background: var(--hover); } .primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.primary:hover { background: var(--accent); filter: brightness(1.08); } .danger { color: var(--bad); border-color: var(--bad); } .danger.primary { background: var(--bad); color: var(--card); }
.plain { border-color: transparent; background: none; color: var(--soft); padding: .35rem .6rem; } [aria-disabled=true] { opacity: .55; }
[aria-busy=true]::before { content: ''; display: inline-block; width: .8em; height: .8em; margin-right: .5em; border: 2px solid; border-right-color: transparent; border-radius: 50%; vertical-align: -.08em; animation: turn .8s linear infinite; }
@keyframes turn { to { transform: rotate(1turn); } } @media (prefers-reduced-motion: reduce) { [aria-busy=true]::before { animation: none; } }
label, legend, .label { font-weight: 550; display: block; padding: 0; margin-bottom: .3rem; } label code { white-space: pre-wrap; } .field { margin: 0 0 1.25rem; } fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; min-width: 0; }
input:not([type=radio]):not([type=checkbox]), select, textarea { font: inherit; width: 100%; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: .55rem; padding: .55rem .7rem; }
[aria-invalid] { border-color: var(--bad) !important; } .hint.wrong { color: var(--bad); }
input:not([type=radio]):not([type=checkbox]), select { min-height: 2.85rem; } textarea { min-height: 5rem; resize: vertical; } .hint { color: var(--soft); font-size: .875rem; margin: .3rem 0 0; }
.choices { display: flex; flex-wrap: wrap; gap: .5rem; } .choices label { margin: 0; font-weight: 400; display: flex; gap: .5rem; align-items: center; border: 1px solid var(--edge); border-radius: .55rem; padding: .5rem .8rem; cursor: pointer; }
.choices label:has(:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); } .choices input { accent-color: var(--accent); margin: 0; }
.tick { font-weight: 400; display: flex; gap: .5rem; align-items: baseline; margin: 0; } .tick input { accent-color: var(--accent); margin: 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(13rem, 100%), 1fr)); gap: 0 1rem; }
details { margin-bottom: 1.25rem; } summary { cursor: pointer; font-weight: 550; color: var(--accent); padding: .25rem 0; } details[open] > summary { margin-bottom: .75rem; }
.filters { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin-bottom: 1.25rem; } .filters .field { margin: 0; flex: 1 1 8rem; min-width: 0; } .filters .field:first-child { flex-grow: 2; } .filters input, .filters select, .filters button { height: 2.7rem; } .filters label { font-size: .8125rem; color: var(--soft); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; } .sheet { padding: 0; overflow: hidden; }
th { text-align: left; font-weight: 550; font-size: .8125rem; color: var(--soft); padding: .8rem 1rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { padding: .8rem 1rem; border-bottom: 1px solid var(--line); vertical-align: top; } tr:last-child td { border-bottom: 0; } tbody tr:hover { background: var(--hover); } td bdi { overflow-wrap: anywhere; }
td a { font-weight: 550; color: var(--ink); text-decoration-color: var(--edge); } td time, .nowrap { white-space: nowrap; } code, .mono { font: .875em/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; } td code { color: var(--soft); }
.badge { display: inline-flex; align-items: center; gap: .4em; font-size: .8125rem; font-weight: 550; line-height: 1.3; padding: .15rem .6rem; border-radius: 1rem; white-space: nowrap; color: var(--idle); background: var(--idle-bg); }
.badge::before { content: ''; width: .45em; height: .45em; border-radius: 50%; background: currentColor; } .badge.good { color: var(--good); background: var(--good-bg); }
.badge.warn { color: var(--warn); background: var(--warn-bg); } .badge.bad { color: var(--bad); background: var(--bad-bg); } .tag { font-size: .8125rem; background: var(--code); border-radius: .35rem; padding: .05rem .4rem; margin: 0 .25rem .25rem 0; display: inline-block; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: .65rem 1.5rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.note { border-radius: .7rem; padding: .9rem 1.1rem; margin-bottom: 1.25rem; background: var(--idle-bg); color: var(--idle); } .note p { margin: 0; } .note p + p { margin-top: .25rem; } .note ul { margin: .4rem 0 0; padding-left: 1.2rem; } .note a { color: inherit; } .offers { margin-top: 1.25rem; } .hint + .list { margin-top: .75rem; } .note.bad { background: var(--bad-bg); color: var(--bad); } .note.warn { background: var(--warn-bg); color: var(--warn); } .note.good { background: var(--good-bg); color: var(--good); }
.line { display: flex; gap: .5rem; align-items: flex-start; background: var(--code); border-radius: .6rem; padding: .5rem .5rem .5rem .9rem; margin-bottom: 1rem; } .line code { flex: 1; padding: .3rem 0; min-width: 0; } .line button { display: none; padding: .3rem .7rem; font-size: .875rem; } .js .line button { display: inline-block; }
.command { white-space: nowrap; } .command code { white-space: normal; } .command button { padding: .1rem .5rem; font-size: .8125rem; } .secret code { font-size: 1rem; user-select: all; } .cli { margin-top: 2rem; } .cli .label { font-size: .8125rem; color: var(--soft); font-weight: 500; } .cli .line { margin: 0 0 .75rem; }
.empty { text-align: center; padding: 4rem 1.5rem; } .empty h2 { font-size: 1.25rem; } .empty .line { max-width: 30rem; margin: 1.5rem auto 0; text-align: left; }
.days { display: block; width: 100%; height: 4.5rem; } .days .use { fill: var(--bar); } .days .refusal { fill: var(--bad); } .days .rest { fill: var(--line); }
.pages { display: flex; justify-content: space-between; gap: 1rem; } .list { list-style: none; margin: 0; padding: 0; } .list > li { padding: .7rem 0; border-top: 1px solid var(--line); } .list > li:first-child { border-top: 0; padding-top: 0; }
.columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1.25rem; align-items: start; } .counts { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: 1.25rem; } .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 52rem) { .columns { grid-template-columns: minmax(0, 1fr); } .filters { display: grid; grid-template-columns: 1fr 1fr; } .filters .field:first-child, .filters button { grid-column: 1 / -1; }
  .bar > div, main { padding-left: 1rem; padding-right: 1rem; } .bar > div { padding-top: .4rem; } main { padding-top: 1.5rem; } .card { padding: 1.1rem; } .sheet { padding: 0; } .me { width: 100%; padding-bottom: .5rem; justify-content: space-between; } nav a { padding: .4rem .5rem; } dl { grid-template-columns: minmax(0, 1fr); gap: .1rem; } dd { margin-bottom: .7rem; }
  .keys thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); } .keys, .keys tbody, .keys td { display: block; } .keys tr { display: grid; grid-template-columns: 1fr 1fr; gap: .15rem .5rem; padding: .9rem 1.1rem; border-bottom: 1px solid var(--line); } .keys td:first-child { grid-column: 1 / -1; } .keys tr:last-child { border: 0; }
  .each td:nth-child(4)::before { content: 'Environment '; } .each td:nth-child(5)::before { content: 'Last used '; } .each td:nth-child(6)::before { content: 'Expires '; } .each td:nth-child(7)::before { content: 'Created '; } .each td.of::before { content: 'Service '; }
  .keys td { border: 0; padding: .1rem 0; font-size: .8125rem; } .keys td:first-child { font-size: 1rem; } .keys td.status { justify-self: end; } .keys td[data-title]::before { content: attr(data-title) ' '; } .keys td::before { color: var(--soft); } }
`;
