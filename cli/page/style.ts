/**
 * How a page looks: narrow and wide, in the light and in the dark, on paper.
 *
 * @module
 */

/** The style sheet. */
export const STYLE: string = `
:root {
  --back: #fbfbfa; --paper: #fff; --ink: #1d2129; --faint: #5d6573; --line: #dfe2e8;
  --client: #1f5fbf; --server: #a8480c; --client-soft: #e8f0fc; --server-soft: #fdeee3;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c; --paper: #1b1f26; --ink: #e4e7ec; --faint: #9aa4b4; --line: #323945;
    --client: #84b1ff; --server: #f4a56b; --client-soft: #1d2a40; --server-soft: #3a2719;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--back); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.5rem; margin: 0 0 .25rem; }
h3 { font-size: 1.1rem; margin: 1.5rem 0 .25rem; }
h4, h5 { font-size: 1rem; margin: 0; }
p { margin: .25rem 0; max-width: 46rem; }
a { color: inherit; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--client); outline-offset: 2px; }
.top p, .story, .hint { color: var(--faint); }
nav { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; }
nav a {
  border: 1px solid var(--line); border-radius: 1rem; padding: .25rem .8rem; background: var(--paper);
  text-decoration: none; font-size: .9rem;
}
nav a:hover { border-color: var(--client); }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; }
.dot.client { background: var(--client); } .dot.server { background: var(--server); }
.connection { margin: 1.5rem 0 4rem; padding-top: 1rem; border-top: 3px solid var(--line); }
dl { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: .75rem 0; }
dl > div { min-width: 0; }
dt { color: var(--faint); font-size: .8rem; } dd { margin: 0; }
.flow { list-style: none; margin: .75rem 0; padding: 0; max-width: 44rem; }
.flow a { display: flex; align-items: center; gap: .6rem; text-decoration: none; padding: .15rem 0; }
.flow .side { flex: 0 0 3.6rem; color: var(--faint); font-size: .8rem; }
.flow .what {
  position: relative; flex: 1; padding: .2rem .7rem; border: 1.5px solid var(--tone); border-radius: .3rem;
  font-size: .92rem;
}
.flow .client { --tone: var(--client); --soft: var(--client-soft); }
.flow .server { --tone: var(--server); --soft: var(--server-soft); }
.flow .client .what { margin-right: 1.5rem; } .flow .server .what { margin-left: 1.5rem; }
.flow .sealed .what { background: var(--soft); }
.flow .open .what { border-style: dashed; }
.flow .what::after {
  position: absolute; top: 50%; translate: 0 -50%; color: var(--tone); font-weight: bold;
}
.flow .client .what::after { content: "→"; right: -1.4rem; }
.flow .server .what::after { content: "←"; left: -1.4rem; }
.flow a:hover .what { text-decoration: underline; }
.record {
  margin: 1rem 0; padding: .75rem; background: var(--paper); border: 1px solid var(--line);
  border-left: .3rem solid var(--tone); border-radius: .3rem; scroll-margin-top: .5rem;
}
.record.client { --tone: var(--client); --soft: var(--client-soft); }
.record.server { --tone: var(--server); --soft: var(--server-soft); }
.record:target { outline: 2px solid var(--tone); }
.record > header { display: flex; flex-wrap: wrap; gap: .1rem .8rem; align-items: baseline; }
.who { color: var(--tone); font-weight: 600; font-size: .9rem; }
.size { color: var(--faint); font-size: .85rem; }
.lock { background: var(--soft); border-radius: .8rem; padding: 0 .6rem; font-size: .8rem; }
.message { margin: .75rem 0 .25rem; padding-top: .6rem; border-top: 1px dashed var(--line); }
.inner { border: 1.5px dashed var(--tone); border-radius: .3rem; padding: .6rem; }
.fields, .items { list-style: none; margin: .3rem 0; padding: 0; }
.fields .fields, .tree > .items { margin-left: .35rem; padding-left: .65rem; border-left: 1px solid var(--line); }
.leaf { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: .1rem 1rem; padding: .18rem 0; align-items: start; }
.fields .fields .leaf { grid-template-columns: 16rem minmax(0, 1fr); }
.fields .fields .fields .leaf { grid-template-columns: 15rem minmax(0, 1fr); }
.tree { padding: .2rem 0; }
.fields p { color: var(--faint); font-size: .88rem; margin: 0; }
.value { font-weight: 400; } .value::before { content: "= "; color: var(--faint); } .value:empty::before { content: ""; }
.rfc { color: var(--faint); font-size: .78rem; white-space: nowrap; text-decoration-thickness: 1px; text-underline-offset: 2px; }
code, pre, .hex { font-family: var(--mono); font-size: .82rem; font-style: normal; }
code.hex, code.peek { color: var(--tone, inherit); }
i.hex { color: var(--faint); }
.items { display: flex; flex-wrap: wrap; gap: .3rem; }
.items li { border: 1px solid var(--line); border-radius: .25rem; padding: .05rem .45rem; font-size: .85rem; }
pre { margin: .4rem 0; padding: .6rem; background: var(--soft); border-radius: .3rem; white-space: pre-wrap; }
summary { cursor: pointer; }
.long > code { display: block; padding: .3rem 0; } .long span { color: var(--faint); font-size: .8rem; }
.protection, .secrets { margin: .5rem 0; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: .3rem; }
.protection > summary, .secrets > summary { color: var(--faint); font-size: .9rem; }
.protection dl { display: block; } .protection dl > div { display: flex; gap: .8rem; } .protection dt { flex: 0 0 7.5rem; padding-top: .1rem; }
.beside { display: grid; grid-template-columns: 1fr 1fr; gap: 1.2rem; } .beside > * { min-width: 0; }
.beside .leaf { grid-template-columns: 1fr !important; }
.note { color: var(--faint); font-style: italic; }
@media (max-width: 46rem) {
  body { padding: .6rem; } h1 { font-size: 1.5rem; }
  .leaf, .fields .fields .leaf, .fields .fields .fields .leaf { grid-template-columns: 1fr; gap: 0; padding: .3rem 0; }
  .beside { grid-template-columns: 1fr; } .record { padding: .6rem .5rem; }
  .fields .fields, .tree > .items { margin-left: .1rem; padding-left: .45rem; }
  .protection dl > div { display: block; }
}
@media print { body { max-width: none; } .record { break-inside: avoid-page; } nav { display: none; } }
`;
