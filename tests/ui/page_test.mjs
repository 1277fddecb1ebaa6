// page_test.mjs PAGE_SERVER NPM_DIRECTORY [NAME…]: the page in Chromium, one line a test.
import assert from "node:assert/strict";
import { launch, open, serve } from "./browser.mjs";

const [program, parts, ...names] = process.argv.slice(2);

const text = (page, id) => page.locator(`#${id}`).innerText();
const overflow = (page) => page.evaluate(
  () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const violations = (page) => page.evaluate(() => window.violations);

const tests = {
  async "a healthy group: verdict, numbers, members, markers, chart"({ page }) {
    assert.match(await text(page, "verdict-word"), /fine/i);
    assert.match(await text(page, "verdict-sentence"), /^If the primary site were lost now/);
    assert.equal(await page.title(), "Fine · lab · Cairn");
    assert.match(await text(page, "tiles"), /RPO now/);
    assert.equal(await page.locator("#members-table tbody").count(), 3);
    assert.equal(await page.locator("tr.volume").count(), 6);
    assert.equal(await page.locator("#markers-table tbody tr").count(), 12);
    assert.match(await text(page, "events"), /All members are heard/);
    await page.locator("#chart canvas").waitFor();
    assert.match(await text(page, "chart-summary"), /RPO was .* in the middle, .* at worst/);
  },

  async "under each volume: where hosts reach it, and who is logged in"({ page }) {
    const hosts = page.locator("tbody[data-member=m1] tr.hosts");
    assert.equal(await hosts.count(), 2);
    const first = await hosts.first().innerText();
    assert.match(first, /iqn\.1993-08\.org\.debian:01:4f3e2d1c at 192\.0\.2\.31:51514, 3 commands under way/);
    assert.match(first, /microsoft:db at \[2001:db8::31\]:49702$/);
    assert.match(first, /CHAP, mutual/);
    assert.match(await hosts.last().innerText(), /no host is logged in over iSCSI/);
    await hosts.first().locator("code.uri").last().click();
    assert.equal(await page.evaluate(() => String(window.getSelection()).trim()),
      "iscsi://192.0.2.7:3260/iqn.2026-11.io.cairn:lab.m1-v1/0");
  },

  async "numbers follow the coordinator without a reload"({ page }) {
    const journaled = () => page.locator("tr.member td[data-label=Journaled]").first().innerText();
    const before = await journaled();
    await page.waitForFunction((old) => document.querySelector(
      "tr.member td[data-label=Journaled]").innerText !== old, before, { timeout: 5000 });
  },

  async "trouble: who holds back, the error where people look, old readings grey"({ page }) {
    assert.match(await text(page, "verdict-word"), /warning|severe/i);
    assert.match(await text(page, "verdict-why"), /^Held back by m2 for [\d.]+ s: its link is down/);
    const m1 = await page.locator("tbody[data-member=m1] tr.trouble").innerText();
    assert.match(m1, /destaging waits: pwritev .*: No space left on device/);
    const m2 = await page.locator("tbody[data-member=m2]").innerText();
    assert.match(m2, /connect 10\.2\.0\.7:7330: Connection refused/);
    assert.match(m2, /No space left on device/);
    const m3 = page.locator("tbody[data-member=m3]");
    assert.match(await m3.getAttribute("class"), /stale/);
    assert.match(await m3.innerText(), /unknown since \d\d:\d\d:\d\d/);
    assert.doesNotMatch(await m3.innerText(), /connected/);
  },

  async "a secondary coordinator shows the age of the applied marker"({ page }) {
    assert.match(await text(page, "who"), /secondary coordinator site-b/);
    assert.match(await text(page, "tiles"), /Applied marker/);
    assert.ok(await page.locator("#key-applied").isVisible());
    assert.match(await page.locator("tr.hosts").first().innerText(), /iSCSI is closed/);
  },

  async "a coordinator that knows nothing yet is unknown, never green"({ page }) {
    assert.match(await text(page, "verdict-word"), /unknown/i);
    assert.match(await text(page, "members"), /never heard/);
    assert.equal(await page.locator("#verdict[data-level=fine]").count(), 0);
  },

  async "markup in texts from outside stays text"({ page }) {
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.match(await text(page, "verdict-sentence"), /<img src=x onerror/);
    assert.equal(await page.locator("main img, main script, main iframe").count(), 0);
    assert.ok(await overflow(page) <= 0);
  },

  async "the policy lets no inline script run"({ page, response }) {
    assert.match(response.headers()["content-security-policy"], /^default-src 'none'; script-src 'self';/);
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.injected = 1";
      document.body.append(script);
    });
    assert.equal(await page.evaluate(() => window.injected), undefined);
    assert.equal((await violations(page)).length, 1);
    await page.evaluate(() => { window.violations = []; });
  },

  async "a coordinator that stops answering: grey, since when, and back again"({ page, server }) {
    server.pause();
    await page.waitForFunction(() => document.getElementById("verdict-sentence").textContent
      .startsWith("Unknown since"), null, { timeout: 15000 });
    assert.match(await text(page, "connection"), /connection lost/);
    assert.equal(await page.locator("#verdict").getAttribute("data-level"), "unknown");
    assert.ok(await page.locator("#tiles.stale").count() === 1);
    assert.ok(await page.locator("#members-table.stale").count() === 1);
    server.resume();
    await page.waitForFunction(() => document.getElementById("verdict").dataset.level === "fine",
      null, { timeout: 15000 });
    assert.equal(await text(page, "connection"), "live");
  },

  async "a narrow screen shows everything without scrolling sideways"({ page }) {
    assert.ok(await overflow(page) <= 0, `${await overflow(page)} px too wide`);
    assert.match(await text(page, "members"), /m3-v2/);
  },

  async "a dark scheme has a dark ground, and no motion where none is wanted"({ page }) {
    const [ground, animation] = await page.evaluate(() => [
      getComputedStyle(document.body).backgroundColor,
      getComputedStyle(document.getElementById("connection"), "::before").animationName]);
    const [red] = ground.match(/\d+/).map(Number);
    assert.ok(red < 64, ground);
    assert.equal(animation, "none");
  },

  async "the keyboard reaches the skip link and the chart's span"({ page }) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const hour = page.locator("button[data-span='3600']");
    assert.equal(await hour.getAttribute("aria-pressed"), "true");
  },
};

// The scene and the browser's settings where they are not the usual ones.
const settings = {
  trouble: { scene: "degraded" },
  "a secondary": { scene: "secondary" },
  "a coordinator that knows": { scene: "empty" },
  markup: { scene: "hostile" },
  "a narrow": { scene: "degraded", options: { viewport: { width: 360, height: 740 } } },
  "a dark": { options: { colorScheme: "dark", reducedMotion: "reduce" } },
};

async function run(browser, name) {
  const { scene = "fine", options = {} } =
    Object.entries(settings).find(([start]) => name.startsWith(start))?.[1] ?? {};
  const server = await serve(program, scene);
  try {
    const opened = await open(browser, server.url, options);
    await tests[name]({ ...opened, server });
    assert.deepEqual(opened.complaints.filter((c) => !expected(c, name)), []);
    assert.deepEqual(await violations(opened.page), []);
    await opened.page.close();
  } finally {
    await server.stop();
  }
}

// The browser itself notes what it refused or could not load where a test makes it so.
function expected(complaint, name) {
  return (name.startsWith("the policy") && complaint.includes("Content Security Policy")) ||
    (name.startsWith("a coordinator that stops") && complaint.includes("Failed to load resource"));
}

const { browser, close } = await launch(parts);
let failed = 0;
for (const name of Object.keys(tests)) {
  if (names.length > 0 && !names.some((n) => name.includes(n))) continue;
  try {
    await run(browser, name);
    console.log(`ok      ${name}`);
  } catch (e) {
    failed += 1;
    console.log(`FAILED  ${name}\n${e.stack}`);
  }
}
await close();
process.exit(failed > 0 ? 1 : 0);
