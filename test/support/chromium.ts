import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { withRealClock } from './fake-clock.js';

/** Starts the system's Chromium. The caller closes it. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    env: withRealClock(process.env),
    timeout: 120_000,
  });
}

/** A page in a session of its own. Whatever it complains about is in `complaints`. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(120_000);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A page with status 401 or 404 is reported too.
    if (message.type() === 'error' && !/the server responded with a status/.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

/** What axe-core finds of a page in light and in dark, a line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const found: string[] = [];
  await page.evaluate(axe.source);
  // Only the colours differ in dark.
  const rules = { light: '{}', dark: "{ runOnly: ['color-contrast'] }" };
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const faults = await page.evaluate(
      `axe.run(document, ${rules[colorScheme]}).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 200))))`,
    );
    found.push(...(faults as string[]).map((fault) => `${colorScheme}: ${fault}`));
  }
  return found;
}

/** Presses Tab until this control has the focus, which must be visible. Fails after a whole round. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  // A field that the page gives the focus late would take what is typed next.
  const ready =
    "document.readyState === 'complete' && (document.querySelector('[autofocus]') === null || document.activeElement !== document.body)";
  await expect.poll(() => page.evaluate(ready), { timeout: 120_000 }).toBe(true);
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    if (!(await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`))) continue;
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline, `${selector} shows its focus`).not.toBe('none');
    return;
  }
  throw new Error(`Tab does not reach ${selector}`);
}
