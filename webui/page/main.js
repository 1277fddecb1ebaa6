// Polls the summary each second and shows it; says so when it can't.
import { age, build, clock } from "./format.js";
import { setText, showTiles, showVerdict } from "./overview.js";
import { showMembers } from "./members.js";
import { showEvents, showMarkers } from "./markers.js";
import * as chart from "./chart.js";

const interval = 1000;
const staleAfter = 3 * interval;

let summary = null;
let readAt = null;     // performance.now() when the summary was read
let readClock = null;  // the same for people
let trouble = "";
let wasLost = true;    // the history must be fetched (again)

async function fetchJson(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(staleAfter), cache: "no-store" });
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail ?? `the coordinator answered ${response.status}`);
  return body;
}

async function poll() {
  try {
    const fresh = await fetchJson("/api/v1/summary");
    if (wasLost) chart.seed(await fetchJson("/api/v1/history"));
    wasLost = false;
    summary = fresh;
    readAt = performance.now();
    readClock = Date.now();
    trouble = "";
    chart.add(summary);
  } catch (e) {
    trouble = e instanceof TypeError ? "it can't be reached" : e.message;
    wasLost = true;
    chart.addHole();
  }
  show();
}

function show() {
  const old = readAt === null ? Infinity : performance.now() - readAt;
  const stale = old <= staleAfter ? "" : staleSentence();
  showConnection(old, stale);
  showVerdict(summary, stale);
  showTiles(summary, stale);
  showMembers(summary, stale);
  showMarkers(summary, stale);
  showEvents(summary);
  if (summary) {
    const c = summary.coordinator;
    setText("who", `group ${summary.group.name} · ${c.role} coordinator ${c.name}`);
    setText("version", `Cairn ${build(c)}`);
  }
}

function staleSentence() {
  const because = trouble ? `: the coordinator does not answer (${trouble})` : "";
  return readClock === null ? (trouble && `Unknown${because}.`)
    : `Unknown since ${clock(readClock)}${because}.`;
}

function showConnection(old, stale) {
  const pill = document.getElementById("connection");
  const level = stale ? "severe" : trouble ? "warning" : readAt === null ? "unknown" : "fine";
  if (pill.dataset.level !== level) pill.dataset.level = level;
  const text = stale ? `connection lost${readAt === null ? "" : ` ${age(old)} ago`}`
    : trouble ? "no answer, trying again" : readAt === null ? "connecting…" : "live";
  setText("connection", text);
}

// One poll at a time, a steady pace, and none while nobody looks.
async function run() {
  for (;;) {
    const began = performance.now();
    if (document.hidden) wasLost = true;  // what was missed comes from the history
    else await poll();
    const rest = Math.max(100, interval - (performance.now() - began));
    await new Promise((resume) => setTimeout(resume, rest));
  }
}

for (const button of document.querySelectorAll("[data-span]")) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-span]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    chart.setSpan(Number(button.dataset.span));
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", chart.restyle);
run();
