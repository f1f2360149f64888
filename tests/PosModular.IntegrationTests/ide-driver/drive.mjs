// node drive.mjs URL CHROMIUM PROFILE SCREENSHOT QUERY RESULT SUBSCRIPTION EVENT
// Opens the IDE, which shows its document by itself, and runs the operation named QUERY until RESULT is shown, then SUBSCRIPTION until EVENT is shown.
// Prints one JSON line: the addresses that the pages requested, the external hosts that anything in the browser tried to reach, and
// the violations of the content security policy.
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const [url, executablePath, profile, screenshot, query, result, subscription, event] = process.argv.slice(2);

// Every request to another machine ends here, whether a page, a worker or the browser itself sends it.
const externalHosts = [];
const proxy = createServer((request, response) => { externalHosts.push(new URL(request.url).hostname); response.writeHead(502).end(); });
proxy.on('connect', (request, socket) => { externalHosts.push(request.url.split(':')[0]); socket.destroy(); });
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launchPersistentContext(profile, {
  executablePath,
  viewport: { width: 1400, height: 900 },
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', `--proxy-server=http://127.0.0.1:${proxy.address().port}`,
    '--proxy-bypass-list=127.0.0.1'],
});
const requests = [], cspViolations = [];
browser.on('request', (request) => requests.push(request.url()));
const page = browser.pages()[0];
page.on('websocket', (socket) => requests.push(socket.url()));
page.on('console', (message) => { if (/content security policy/i.test(message.text())) cspViolations.push(message.text()); });
page.setDefaultTimeout(30_000);

const shown = (text) => page.locator('.view-line').filter({ hasText: text }).first().waitFor();
const choose = async (operation) => {
  const chosen = page.locator('button[aria-label^="Query:"], button[aria-label^="Subscription:"]');
  if (await chosen.innerText() !== operation) {
    await chosen.click();
    await page.getByRole('menuitem').filter({ hasText: operation }).click();
    await page.locator(`button[aria-label$=": ${operation}"]`).waitFor();
  }
};
const run = () => page.locator('button[aria-label^="Run "]').click();

try {
  await page.goto(url);
  await page.getByText('Schema available').waitFor();
  await choose(query);
  await run();
  await shown(result);
  await choose(subscription);
  await run();
  await shown(event);
  console.log(JSON.stringify({ requests, externalHosts, cspViolations }));
} finally {
  await page.screenshot({ path: screenshot });
  await browser.close();
  proxy.close();
}
