// The live chart of lag against its target, and the same in words.
import uPlot from "./uplot.js";
import { age, clock, duration } from "./format.js";

const spanMax = 3600;
const height = 230;
// times in s since 1970 as this browser has it; lags in s, null where unknown
let data = [[], [], [], []];
let span = 300;
let target = 5;
let chart = null;

const box = () => document.getElementById("chart");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const seconds = (ms) => (ms === null || ms === undefined ? null : ms / 1000);

export function seed(history) {
  const now = Date.now() / 1000;
  target = history.rpo_target_ms / 1000;
  data = [history.age_ms.map((a) => now - a / 1000), history.rpo_ms.map(seconds),
    history.applied_ms.map(seconds), history.age_ms.map(() => target)];
  draw();
}

export function add(summary) {
  const g = summary.group;
  target = g.rpo_target_ms / 1000;
  push(seconds(g.rpo_now_ms), seconds(g.applied?.age_ms));
  document.getElementById("key-applied").hidden = data[2].every((v) => v === null);
}

// Nothing is known now: the line ends instead of going on.
export function addHole() {
  push(null, null);
}

function push(rpo, applied) {
  const now = Date.now() / 1000;
  [now, rpo, applied, target].forEach((v, i) => data[i].push(v));
  const first = data[0].findIndex((t) => t >= now - spanMax);
  if (first > 0) data.forEach((column) => column.splice(0, first));
  draw();
}

export function setSpan(s) {
  span = s;
  draw();
}

// Colours come from the style sheet, so a change of scheme needs a new chart.
export function restyle() {
  chart?.destroy();
  chart = null;
  draw();
}

// The time shown: the chosen span, or less while there is no more to show, but a minute at least.
function window() {
  const now = Date.now() / 1000;
  const oldest = data[0][0] ?? now;
  return [Math.max(now - span, Math.min(oldest, now - 60)), now];
}

function shown() {
  const [from] = window();
  const first = Math.max(0, data[0].findIndex((t) => t >= from));
  return data.map((column) => column.slice(first));
}

function draw() {
  const part = shown();
  if (part[0].length < 2) return;
  chart ??= new uPlot(options(), part, box());
  chart.setData(part);
  summarize(part);
}

function options() {
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 }, font: "12px system-ui, sans-serif" };
  const line = (name, more) => ({ stroke: colour(name), width: 2, points: { show: false },
    spanGaps: false, ...more });
  return {
    width: Math.max(200, box().clientWidth), height, legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    scales: { x: { range: () => window() },
      y: { range: (_, low, high) => [0, Math.max(target * 1.15, high * 1.1)] } },
    axes: [{ ...axis, space: 90, values: (_, times) => times.map((t) => clock(t * 1000)) },
      { ...axis, size: 58, values: (_, lags) => lags.map((v) => duration(v * 1000)) }],
    series: [{}, line("--rpo", { fill: colour("--rpo-fill") }), line("--applied"),
      line("--target", { width: 1.5, dash: [6, 5] })],
    hooks: { setCursor: [readout] },
  };
}

function readout(u) {
  const i = u.cursor.idx;
  const node = document.getElementById("readout");
  if (i === null || i === undefined) {
    node.textContent = "";
    return;
  }
  const lag = u.data[1][i];
  node.textContent = `${clock(u.data[0][i] * 1000)}: ${lag === null ? "unknown" : age(lag * 1000)}`;
}

function summarize([times, lags]) {
  const known = lags.filter((v) => v !== null && v !== undefined);
  const node = document.getElementById("chart-summary");
  const over = `Last ${age((times[times.length - 1] - times[0]) * 1000)}`;
  if (known.length === 0) {
    node.textContent = `${over}: RPO was not known.`;
    return;
  }
  const sorted = [...known].sort((a, b) => a - b);
  const worst = sorted[sorted.length - 1];
  const at = clock(times[lags.lastIndexOf(worst)] * 1000);
  const above = Math.round((100 * known.filter((v) => v > target).length) / known.length);
  node.textContent = `${over}: RPO was ${age(sorted[sorted.length >> 1] * 1000)} in the middle, ` +
    `${age(worst * 1000)} at worst (${at}), above the target of ${duration(target * 1000)} for ` +
    `${above} % of the time.`;
}

new ResizeObserver(() => {
  if (chart && box().clientWidth > 0) chart.setSize({ width: box().clientWidth, height });
}).observe(box());
