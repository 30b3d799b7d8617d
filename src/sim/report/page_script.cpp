#include "sim/report/page.h"

namespace penstock::sim {
namespace {

constexpr std::string_view kScript = R"js('use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const page = document.getElementById('page');
const colours = ['#0b8a83','#d1603d','#4a69bd','#c99700','#8e5ea2','#6b8e23','#c2477f','#5b6b7a','#2f9fd0','#a0522d'];
const runs = data.policies.map((p, i) => ({...p, colour: colours[i % colours.length], on: true}));
const hours = data.loadSeconds / 3600;
// The last step is left out when the load ends within it.
const longest = Math.max(1, Math.floor(data.loadSeconds / data.bucketSeconds + 1e-6));
for (const r of runs) for (const k of Object.keys(r.timeline)) r.timeline[k] = r.timeline[k].slice(0, longest);

function make(parent, tag, attributes = {}, text) {
  const svg = ['svg','g','path','line','text','circle','rect','title'].includes(tag);
  const e = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  parent.appendChild(e);
  return e;
}
const time = s => s < 0.9995 ? Math.round(s * 1000) + ' ms' : s < 99.95 ? s.toFixed(2) + ' s' : (s / 60).toFixed(1) + ' min';
const percent = v => (v * 100).toFixed(2);
const count = v => v.toLocaleString('en');
const short = v => v >= 1e6 ? v / 1e6 + 'M' : v >= 1e4 ? v / 1e3 + 'k' : String(+v.toPrecision(6));
function ticks(low, high, n) {
  const raw = (high - low) / n, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(m => m * power).find(s => s >= raw);
  const out = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-6; v += step) out.push(+v.toPrecision(10));
  return out;
}
const clock = h => String(Math.floor(h + 1e-9)).padStart(2, '0') + ':' + String(Math.round(h * 60) % 60).padStart(2, '0');

function head() {
  make(page, 'h1', {}, 'Autoscaling compared: ' + data.load);
  const calls = runs.length ? runs[0].offered : 0;
  make(page, 'p', {class: 'lead'}, `${count(calls)} calls in ${hours.toFixed(1)} h (${(calls / Math.max(1, data.loadSeconds)).toFixed(1)} per ` +
    `second) on replicas of ${data.hardware} with ${data.gpusPerReplica} accelerator${data.gpusPerReplica === 1 ? '' : 's'} each, ` +
    `${data.coldStartSeconds} s cold start, ${data.minReplicas} to ${data.maxReplicas} replicas. Served well: first token within ` +
    `${time(data.sloTtftSeconds)} + ${data.sloPrefillFactor} × prefill, then at most ${time(data.sloTpotSeconds)} per token.`);
}

function table() {
  const card = make(page, 'section', {class: 'card'});
  make(card, 'h2', {}, 'Summary');
  make(card, 'p', {class: 'note'}, 'Shares are of all calls offered, refused and spilled ones included. Click a policy to hide it.');
  const t = make(make(card, 'div', {class: 'scroll'}), 'table');
  const row = make(make(t, 'thead'), 'tr');
  for (const name of ['Policy','Served well %','by tokens %','GPU-hours','Replicas mean','most','TTFT p50','p95','p99','TPOT p95','Tokens/s','Hit %','Held','Refused'])
    make(row, 'th', {}, name);
  const body = make(t, 'tbody');
  const best = Math.max(...runs.map(r => r.attainment));
  const good = runs.filter(r => r.attainment >= best - 0.01);
  const least = Math.min(...good.map(r => r.gpuHours));
  for (const r of runs) {
    const tr = make(body, 'tr');
    const name = make(make(tr, 'td'), 'button', {class: 'name', 'aria-pressed': 'true'});
    make(name, 'span', {class: 'dot', style: 'background:' + r.colour});
    make(name, 'span', {}, r.policy);
    name.onclick = () => { r.on = !r.on; tr.classList.toggle('off', !r.on); name.setAttribute('aria-pressed', r.on); draw(); };
    make(make(tr, 'td'), 'span', {class: 'meter', style: `--w:${(r.attainment * 100).toFixed(1)}%`}, percent(r.attainment));
    make(tr, 'td', {}, percent(r.tokenAttainment));
    make(tr, 'td', r.gpuHours === least && good.includes(r) ? {class: 'best'} : {}, r.gpuHours.toFixed(1));
    make(tr, 'td', {}, r.meanReplicas.toFixed(2));
    make(tr, 'td', {}, r.mostReplicas);
    for (const v of [r.ttftSeconds.p50, r.ttftSeconds.p95, r.ttftSeconds.p99, r.tpotSeconds.p95]) make(tr, 'td', {}, time(v));
    make(tr, 'td', {}, r.outputTokensPerSecond.toFixed(0));
    make(tr, 'td', {}, percent(r.cachedShare));
    make(tr, 'td', {}, count(r.held));
    make(tr, 'td', {}, count(r.refused + r.spilled));
  }
}

const charts = [];
function chart(parent, title, note, build) {
  const card = make(parent, 'section', {class: 'card'});
  make(card, 'h2', {}, title);
  make(card, 'p', {class: 'note'}, note);
  const box = make(card, 'div');
  charts.push(() => { box.replaceChildren(); build(box); });
}

function frame(box, width, height, y, low, high, log, format) {
  const svg = make(box, 'svg', {viewBox: `0 0 ${width} ${height}`, role: 'img'});
  const left = 46, right = width - 8, top = 8, bottom = height - 24;
  const at = log ? v => bottom - (Math.log10(Math.max(v, low)) - Math.log10(low)) / (Math.log10(high) - Math.log10(low)) * (bottom - top)
                 : v => bottom - (Math.min(high, Math.max(low, v)) - low) / (high - low || 1) * (bottom - top);
  for (const v of y) {
    make(svg, 'line', {class: 'grid', x1: left, x2: right, y1: at(v), y2: at(v)});
    make(svg, 'text', {x: left - 7, y: at(v) + 4, 'text-anchor': 'end'}, format(v));
  }
  return {svg, left, right, top, bottom, at};
}

function course(box, {values, area, low, high, log, format, tick, step}) {
  const width = 1040, height = 230;
  const shown = runs.filter(r => r.on);
  const all = [...(area || []), ...shown.flatMap(r => values ? values(r) : [])].filter(v => v !== null);
  const top = high ?? Math.max(...all, low + 1e-9) * 1.06;
  const lows = low ?? 0;
  let marks;
  if (log) { marks = []; for (let v = 10 ** Math.floor(Math.log10(lows)); v <= top * 1.001; v *= 10) if (v >= lows) marks.push(v); }
  else marks = ticks(lows, top, 4);
  const f = frame(box, width, height, marks, lows, top, log, tick || format);
  const x = i => f.left + (i + 0.5) / longest * (f.right - f.left);
  const end = longest * data.bucketSeconds / 3600;
  for (const h of ticks(0, end, 12)) {
    const px = f.left + h / end * (f.right - f.left);
    make(f.svg, 'text', {x: px, y: height - 6, 'text-anchor': 'middle'}, clock(h));
  }
  make(f.svg, 'line', {class: 'axis', x1: f.left, x2: f.right, y1: f.bottom, y2: f.bottom});
  if (area) make(f.svg, 'path', {class: 'area', d: `M${x(0)},${f.bottom}` + area.map((v, i) => `L${x(i).toFixed(1)},${f.at(v).toFixed(1)}`).join('') +
    `L${x(area.length - 1)},${f.bottom}Z`});
  for (const r of values ? shown : []) {
    let d = '', pen = false, before = 0;
    values(r).forEach((v, i) => {
      if (v === null) { pen = false; return; }
      const py = f.at(v).toFixed(1);
      d += pen ? (step ? `H${(x(i) - (x(1) - x(0)) / 2).toFixed(1)}V${py}` : `L${x(i).toFixed(1)},${py}`) : `M${x(i).toFixed(1)},${py}`;
      pen = true; before = v;
    });
    make(f.svg, 'path', {class: 'curve', stroke: r.colour, d});
  }
  const hair = make(f.svg, 'line', {class: 'hair', y1: f.top, y2: f.bottom, visibility: 'hidden'});
  f.svg.onmousemove = event => {
    const r = f.svg.getBoundingClientRect();
    const i = Math.min(longest - 1, Math.max(0, Math.floor(((event.clientX - r.left) / r.width * width - f.left) / (f.right - f.left) * longest)));
    hair.setAttribute('x1', x(i)); hair.setAttribute('x2', x(i)); hair.setAttribute('visibility', 'visible');
    tip.replaceChildren();
    make(tip, 'b', {}, clock(i * data.bucketSeconds / 3600));
    if (area) line('', 'load', format(area[i] ?? 0));
    for (const one of values ? shown : []) { const v = values(one)[i]; if (v !== undefined && v !== null) line(one.colour, one.policy, format(v)); }
    place(event);
  };
  f.svg.onmouseleave = () => { hair.setAttribute('visibility', 'hidden'); tip.style.display = 'none'; };
}

const tip = make(document.body, 'div', {id: 'tip'});
function line(colour, name, value) {
  const d = make(tip, 'div');
  if (colour) make(d, 'span', {class: 'dot', style: 'background:' + colour});
  make(d, 'span', {}, name);
  make(d, 'span', {class: 'v'}, value);
}
function place(event) {
  tip.style.display = 'block';
  const w = tip.offsetWidth, h = tip.offsetHeight;
  tip.style.left = (event.clientX + 18 + w > innerWidth ? event.clientX - 18 - w : event.clientX + 18) + 'px';
  tip.style.top = Math.min(event.clientY + 14, innerHeight - h - 8) + 'px';
}

function cost(box) {
  const shown = runs.filter(r => r.on);
  if (!shown.length) return;
  const width = 1040, height = 260;
  const ys = shown.map(r => r.attainment * 100), xs = shown.map(r => r.gpuHours);
  const low = Math.max(0, Math.min(...ys) - 1.5), high = Math.min(100, Math.max(...ys) + 1);
  const spread = Math.max(...xs) - Math.min(...xs) || 1;
  const x0 = Math.max(0, Math.min(...xs) - spread * .08), x1 = Math.max(...xs) + spread * .16;
  const f = frame(box, width, height, ticks(low, high, 5), low, high, false, v => v + ' %');
  const x = v => f.left + (v - x0) / (x1 - x0) * (f.right - f.left);
  for (const v of ticks(x0, x1, 8)) make(f.svg, 'text', {x: x(v), y: height - 6, 'text-anchor': 'middle'}, short(v));
  make(f.svg, 'line', {class: 'axis', x1: f.left, x2: f.right, y1: f.bottom, y2: f.bottom});
  const taken = [];
  for (const r of shown) {
    const px = x(r.gpuHours), py = f.at(r.attainment * 100);
    const c = make(f.svg, 'circle', {cx: px, cy: py, r: 6, fill: r.colour});
    make(c, 'title', {}, `${r.policy}: ${percent(r.attainment)} %, ${r.gpuHours.toFixed(1)} GPU-hours`);
    let ty = py + 4;
    const room = r.policy.length * 6.4;
    while (taken.some(b => Math.abs(b.y - ty) < 13 && px + 10 < b.x + b.w && b.x < px + 10 + room)) ty += 13;
    taken.push({x: px + 10, y: ty, w: room});
    make(f.svg, 'text', {x: px + 10, y: ty}, r.policy);
  }
}

head();
table();
chart(page, 'Cost and attainment', 'Accelerator-hours to the right, share of calls served well upwards: the upper left is best.', cost);
const perSecond = runs.length ? runs[0].timeline.arrived.map(v => v / data.bucketSeconds) : [];
chart(page, 'Load', 'Calls per second.', box => course(box, {area: perSecond, low: 0, format: v => v.toFixed(1) + ' / s', tick: short}));
chart(page, 'Replicas', 'Replicas that hold accelerators: starting, ready and draining.',
  box => course(box, {values: r => r.timeline.created, low: 0, format: v => v.toFixed(1), tick: short, step: true}));
chart(page, 'Served well', 'Share of the calls that arrived in each step.', box => {
  const share = r => r.timeline.arrived.map((n, i) => n ? 100 * r.timeline.met[i] / n : null);
  const all = runs.filter(r => r.on).flatMap(share).filter(v => v !== null).sort((a, b) => a - b);
  const least = all.length ? all[Math.floor(all.length * .01)] : 0;
  course(box, {values: share, low: Math.max(0, Math.floor(least / 5) * 5), high: 100, format: v => v.toFixed(1) + ' %', tick: v => v + ' %'});
});
chart(page, 'Time to first token, p95', 'Of the first tokens in each step; logarithmic.', box => {
  const value = r => r.timeline.ttftP95.map(v => v > 0 ? v : null);
  const all = runs.filter(r => r.on).flatMap(value).filter(v => v !== null);
  if (all.length) course(box, {values: value, low: Math.min(...all) * .9, high: Math.max(...all, Math.min(...all) * 10) * 1.1, log: true, format: time});
});
make(page, 'footer', {}, 'Made by penstock simulate on virtual time with the production picker and scaling rule. Engine times come from ' +
  'measured kernels and are right within 10 to 25 %; compare policies at equal attainment rather than quoting absolute hours.');
function draw() { for (const build of charts) build(); }
draw();
)js";

}  // namespace

std::string_view page_script() {
  return kScript;
}

}  // namespace penstock::sim
