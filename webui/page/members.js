// The table of members and volumes: role, link, and how far each stage has come.
import { age, build, bytes, clock, count, plural } from "./format.js";
import { el, fill, state } from "./dom.js";

const heads = ["Member", "State", "Journaled", "Durable", "Sent", "Stored", "Applied", "Behind",
  "Journal"];

const linkLevel = { connected: "fine", connecting: "warning", disconnected: "warning",
  refused: "severe" };

export function showMembers(summary, stale) {
  if (!summary) return;
  const table = document.getElementById("members-table");
  table.classList.toggle("stale", Boolean(stale));
  const head = el("thead", {}, el("tr", {}, heads.map((h) => el("th", { scope: "col" }, h))));
  fill(table, [head, ...summary.members.map((m) => member(m, summary.display_unix_ms))]);
}

function member(m, now) {
  const rows = [mainRow(m, now), ...troubles(m).map(troubleRow), ...(m.status?.volumes ?? []).flatMap((v) => [volumeRow(v), hostsRow(v, m.status.role)])];
  return el("tbody", { class: m.fresh ? null : "stale", "data-member": m.name }, rows);
}

function mainRow(m, now) {
  const s = m.status;
  const name = el("th", { scope: "row" }, m.name,
    el("small", {}, s ? `${s.gateway} · ${m.control}` : m.control),
    s?.version ? el("small", {}, `Cairn ${build(s)}`) : null);
  if (!s) {
    return el("tr", { class: "member" }, name,
      el("td", { colspan: heads.length - 1 }, state("unknown", "never heard")));
  }
  return el("tr", { class: "member" }, name, cell("State", states(m, now)), ...stages(s),
    cell("Behind", bytes(s.behind_bytes), ...lagOf(s)), cell("Journal", fillOf(s)));
}

function states(m, now) {
  const s = m.status;
  if (!m.fresh) {
    const since = m.read_age_ms === null ? "the start" : clock(now - m.read_age_ms);
    return [state("unknown", `unknown since ${since}`), el("small", {}, "the numbers are old")];
  }
  const role = s.role === "fenced" ? state("severe", "fenced") : el("span", {}, s.role);
  return [role, " ", state(linkLevel[s.link] ?? "unknown", s.link),
    el("small", {}, [s.flow, s.copy].filter((x) => x && x !== "none").join(" · "))];
}

// Each stage as its watermark, with what it lacks of the journal's end below.
function stages(s) {
  const w = s.watermarks;
  const primary = s.role === "primary" || s.role === "fenced";
  return [
    stage("Journaled", w.finished, w.finished),
    stage("Durable", w.durable, w.finished),
    primary ? stage("Sent", w.sent, w.finished) : cell("Sent", "–"),
    stage("Stored", w.stored, w.finished),
    stage("Applied", w.applied, w.finished, s.applied_marker),
  ];
}

function stage(label, at, end, marker = null) {
  const lacks = Math.max(0, end - at);
  return cell(label, count(at), lacks > 0 ? el("small", {}, `−${count(lacks)}`) : null,
    marker ? el("small", {}, `#${marker.number}`) : null);
}

function lagOf(s) {
  const records = el("small", {}, `${count(s.behind_records)} rec.`);
  return s.oldest_unstored_ms > 0 ? [records, el("small", {}, age(s.oldest_unstored_ms))] : [records];
}

function fillOf(s) {
  if (s.journal_bytes_max === 0) return [bytes(s.journal_bytes)];
  const share = Math.round((100 * s.journal_bytes) / s.journal_bytes_max);
  const level = share < 70 ? "fine" : share < 90 ? "warning" : "severe";
  return [`${share} %`, el("progress", { class: "meter small", max: 100, value: share,
    "data-level": level, "aria-label": "Journal used" }),
    el("small", {}, `of ${bytes(s.journal_bytes_max)}`)];
}

// Every sentence that says what is wrong, at the member that has it.
function troubles(m) {
  const s = m.status;
  const found = [[m.because, "warning"], [s?.link_because, linkLevel[s?.link] ?? "warning"],
    [s?.role_because, "severe"], [s?.journal_failed, "severe"],
    [s?.destage_trouble, s?.role === "secondary" ? "severe" : "warning"]];
  if (s?.copy.startsWith("failed")) found.push([`copy ${s.copy}`, "severe"]);
  if (s?.flow.startsWith("blocked")) found.push([`flow ${s.flow}`, "severe"]);
  const seen = new Set();
  return found.filter(([text]) => text && !seen.has(text) && seen.add(text));
}

function troubleRow([text, level]) {
  return el("tr", { class: "trouble", "data-level": level },
    el("td", { colspan: heads.length }, state(level === "fine" ? "warning" : level, text)));
}

function volumeRow(v) {
  const health = v.failed ? state("severe", v.failed) : el("small", {}, bytes(v.size_bytes));
  return el("tr", { class: "volume" },
    el("th", { scope: "row" }, v.name),
    cell("Size", health),
    el("td", { colspan: 5, "data-label": "Written" },
      el("small", {}, `${bytes(v.bytes_written)} written in ${count(v.records_written)} records`)),
    cell("Behind", bytes(v.behind_bytes), el("small", {}, `${count(v.behind_records)} rec.`)),
    el("td", { class: "empty" }));
}

// What hosts can do where it is not simply to read and write.
const limits = {
  secondary: "before a takeover NBD is read-only here, and iSCSI is closed",
  promoting: "iSCSI is closed until the takeover has ended",
  demoting: "no writes are taken here",
  fenced: "no writes are taken here any more",
};

// Where hosts reach the volume, each address selected whole by one click, and who is logged in.
function hostsRow(v, role) {
  const uris = (v.exports ?? []).map((uri) => el("code", { class: "uri" }, uri));
  const sessions = (v.sessions ?? []).map((s) => el("li", {}, el("span", { class: "initiator" },
    s.initiator), ` at ${s.address}`, s.tasks > 0 ? `, ${plural(s.tasks, "command")} under way` : null));
  return el("tr", { class: "hosts" },
    el("td", { colspan: heads.length }, el("dl", {},
      el("dt", {}, "Reached at"),
      el("dd", {}, uris.length > 0 ? uris : "not told", v.chap ? el("small", {},
        `iSCSI with CHAP, ${v.chap}`) : null,
      Object.hasOwn(limits, role) ? el("small", {}, limits[role]) : null),
      el("dt", {}, "Sessions"),
      el("dd", {}, sessions.length > 0 ? el("ul", {}, sessions) : "no host is logged in over iSCSI"))));
}

function cell(label, ...children) {
  return el("td", { "data-label": label }, el("div", {}, ...children));
}
