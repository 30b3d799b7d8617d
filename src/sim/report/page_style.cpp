#include "sim/report/page.h"

namespace penstock::sim {
namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --paper:#fbfbf9; --card:#fff; --ink:#1d2129; --soft:#626a76; --line:#e3e4e0;
  --grid:#ecedea; --accent:#0b6e69; --bar:#dcebea; --area:#c9d3dc; }
@media (prefers-color-scheme: dark) { :root { --paper:#15181d; --card:#1c2027; --ink:#e6e8eb; --soft:#98a1ad;
  --line:#2d333c; --grid:#272c34; --accent:#5cc4bd; --bar:#1f3d3c; --area:#3a4653; } }
* { box-sizing:border-box }
body { margin:0; background:var(--paper); color:var(--ink);
  font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif }
main { max-width:1240px; margin:0 auto; padding:36px 24px 64px }
h1 { font-size:25px; line-height:1.2; margin:0 0 6px; letter-spacing:-.01em }
h2 { font-size:15px; margin:0; font-weight:650 }
.lead { color:var(--soft); margin:0 0 26px; max-width:110ch }
.card { background:var(--card); border:1px solid var(--line); border-radius:10px; padding:16px 18px; margin:0 0 18px }
.note { color:var(--soft); font-size:13px; margin:2px 0 8px }
.scroll { overflow-x:auto }
table { border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums }
th { text-align:right; font-weight:550; color:var(--soft); font-size:12.5px; padding:4px 8px; white-space:nowrap }
td { text-align:right; padding:6px 8px; font-size:14px; border-top:1px solid var(--grid); white-space:nowrap }
th:first-child, td:first-child { text-align:left; padding-left:0 }
td:last-child, th:last-child { padding-right:0 }
tr.off { opacity:.38 }
button.name { all:unset; cursor:pointer; display:inline-flex; align-items:center; gap:8px; font-weight:550 }
button.name:focus-visible { outline:2px solid var(--accent); outline-offset:3px; border-radius:4px }
.dot { width:11px; height:11px; border-radius:3px; flex:none }
.meter { position:relative; display:inline-block; min-width:92px; padding:1px 6px; border-radius:4px; background:
  linear-gradient(90deg,var(--bar) var(--w),transparent var(--w)) }
.best { color:var(--accent); font-weight:650 }
.two { display:grid; grid-template-columns:1fr 1fr; gap:18px }
@media (max-width:820px) { .two { grid-template-columns:1fr } }
svg { display:block; width:100%; height:auto; overflow:visible }
svg text { fill:var(--soft); font-size:11.5px; font-family:inherit }
.grid { stroke:var(--grid) } .axis { stroke:var(--line) } .hair { stroke:var(--soft); stroke-dasharray:3 3 }
.area { fill:var(--area); opacity:.75 }
path.curve { fill:none; stroke-width:1.8; stroke-linejoin:round }
#tip { position:fixed; pointer-events:none; display:none; z-index:2; background:var(--card); border:1px solid var(--line);
  border-radius:8px; padding:8px 11px; font-size:12.5px; box-shadow:0 4px 18px rgb(0 0 0 / .14);
  font-variant-numeric:tabular-nums }
#tip b { display:block; margin-bottom:3px } #tip div { display:flex; gap:8px; align-items:center }
#tip span.v { margin-left:auto; padding-left:16px }
footer { color:var(--soft); font-size:12.5px; max-width:92ch }
)css";

}  // namespace

std::string_view page_style() {
  return kStyle;
}

}  // namespace penstock::sim
