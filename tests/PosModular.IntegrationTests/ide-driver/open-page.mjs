// node open-page.mjs URL CHROMIUM PROFILE
// Opens a page and prints as one JSON line what its promise window.outcomes resolves to.
import { chromium } from 'playwright-core';

const [url, executablePath, profile] = process.argv.slice(2);
const browser = await chromium.launchPersistentContext(profile, {
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
try {
  const page = browser.pages()[0];
  await page.goto(url);
  console.log(JSON.stringify(await page.evaluate(() => window.outcomes)));
} finally {
  await browser.close();
}
