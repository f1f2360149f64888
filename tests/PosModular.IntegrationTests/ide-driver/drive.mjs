// node drive.mjs URL CHROMIUM PROFILE SCREENSHOT QUERY ANSWER SUBSCRIPTION NEWS
// Opens the IDE, runs the operation named QUERY until ANSWER shows, then SUBSCRIPTION until NEWS shows.
// Prints one JSON line: what the pages asked for, what anything in the browser sought elsewhere, what the policy forbade.
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const [url, executablePath, profile, screenshot, query, answer, subscription, news] = process.argv.slice(2);

// Whatever is not for this machine ends here, whoever in the browser sends it: pages, workers, the browser itself.
const elsewhere = [];
const proxy = createServer((request, response) => { elsewhere.push(new URL(request.url).hostname); response.writeHead(502).end(); });
proxy.on('connect', (request, socket) => { elsewhere.push(request.url.split(':')[0]); socket.destroy(); });
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launchPersistentContext(profile, {
  executablePath,
  viewport: { width: 1400, height: 900 },
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', `--proxy-server=http://127.0.0.1:${proxy.address().port}`, '--proxy-bypass-list=127.0.0.1'],
});
const requests = [], forbidden = [];
browser.on('request', (request) => requests.push(request.url()));
const page = browser.pages()[0];
page.on('websocket', (socket) => requests.push(socket.url()));
page.on('console', (message) => { if (/content security policy/i.test(message.text())) forbidden.push(message.text()); });
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
  await page.getByText('Create Document').first().click();
  await page.getByText('Schema available').waitFor();
  await choose(query);
  await run();
  await shown(answer);
  await choose(subscription);
  await run();
  await shown(news);
  console.log(JSON.stringify({ requests, elsewhere, forbidden }));
} finally {
  await page.screenshot({ path: screenshot });
  await browser.close();
  proxy.close();
}
