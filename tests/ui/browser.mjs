// A browser and a page server for one test: everything that the page complained about is kept.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtemp, rm } from "node:fs/promises";

const arguments_ = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function launch(parts) {
  const { chromium } = createRequire(`${parts}/`)("playwright-core");
  const profile = await mkdtemp("/tmp/cairn-page-");
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true,
    args: arguments_, env: { ...process.env, HOME: profile } });
  return { browser, close: async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  } };
}

export async function serve(program, scene) {
  const child = spawn(program, [scene], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(String(line).trim()));
    child.once("exit", (code) => reject(new Error(`page_server ended with ${code}`)));
  });
  return { url, pause: () => child.kill("SIGSTOP"), resume: () => child.kill("SIGCONT"),
    stop: async () => {
      child.kill("SIGCONT");
      child.stdin.end();
      await ended;
    } };
}

// Opens the page. `complaints`: console errors, exceptions and violations of the policy so far.
export async function open(browser, url, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const complaints = [];
  page.on("console", (m) => {
    if (["error", "warning"].includes(m.type())) complaints.push(m.text());
  });
  page.on("pageerror", (e) => complaints.push(e.stack));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation",
      (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
  });
  const response = await page.goto(url);
  await page.waitForFunction(() => document.getElementById("connection").textContent === "live");
  return { page, complaints, response };
}
