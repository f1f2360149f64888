// node drive.mjs CHROMIUM
// Reads one command as JSON from each line of its input, e.g. {"command":"text","page":"owner","selector":"main"}, and answers each with
// one line: {"result":…} or {"error":"…"}. Every page has a context of its own: another person at another machine.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const axeTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
// As much as a very busy machine may need.
const patience = 90_000;

// Every request to another machine ends here.
const proxy = createServer((request, response) => response.writeHead(502).end());
proxy.on('connect', (request, socket) => socket.destroy());
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', `--proxy-server=http://127.0.0.1:${proxy.address().port}`, '--proxy-bypass-list=127.0.0.1'],
});

const pages = new Map();
const find = (name) => pages.get(name).page;

const commands = {
  // token: kept as the console keeps a token that somebody has pasted. blocked: what the network of this person does not let through,
  // "sockets" or "sockets and events".
  async open({ page: name, url, token, width, timeZone, blocked }) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: 'dark', timezoneId: timeZone, locale: 'en-US' });
    const page = await context.newPage();
    if (blocked) await page.routeWebSocket('**', (socket) => socket.close());
    if (blocked === 'sockets and events') await page.route('**/graphql', (route) =>
      route.request().headers().accept === 'text/event-stream' ? route.abort() : route.continue());
    page.setDefaultTimeout(patience);
    const problems = [], hosts = new Set();
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) problems.push(`console: ${message.text()}`); });
    page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
    page.on('request', (request) => { if (!/^(data|blob):/.test(request.url())) hosts.add(new URL(request.url()).host); });
    page.on('websocket', (socket) => hosts.add(new URL(socket.url()).host));
    await page.exposeFunction('reportViolation', (text) => problems.push(`policy: ${text}`));
    await page.addInitScript(() => addEventListener('securitypolicyviolation',
      (event) => window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`)));
    if (token) await page.addInitScript((value) => { if (!sessionStorage.getItem('posmodular.token')) sessionStorage.setItem('posmodular.token', value); }, token);
    pages.set(name, { page, context, problems, hosts });
    await page.goto(url);
  },
  async close({ page: name }) { await pages.get(name).context.close(); pages.delete(name); },
  async goto({ page, url }) { await find(page).goto(url); },

  // Waits until the screen with this heading shows its data.
  async settle({ page, heading }) {
    if (heading) await find(page).getByRole('heading', { level: 1, name: heading }).waitFor();
    const waiting = '.skeleton, [aria-busy="true"]';
    await find(page).waitForFunction((selector) => !document.querySelector(selector), waiting).catch(async (error) => {
      const parts = await find(page).locator(waiting).evaluateAll((all) => all.map((element) => element.outerHTML.slice(0, 300)));
      throw new Error(`${error.message} Still waiting: ${parts.join(' ')}`);
    });
  },
  async click({ page, role, name, selector }) {
    await (selector ? find(page).locator(selector) : find(page).getByRole(role, { name, exact: true })).first().click();
  },
  async press({ page, key }) { await find(page).keyboard.press(key); },
  async fill({ page, label, value }) { await find(page).getByLabel(label).fill(value); },
  async select({ page, label, value }) { await find(page).getByLabel(label).selectOption(value); },
  async emulate({ page, media }) { await find(page).emulateMedia(media); },
  async waitFor({ page, selector, text, hidden }) {
    const element = selector ? find(page).locator(selector, text === undefined ? {} : { hasText: text }) : find(page).getByText(text);
    await element.first().waitFor({ state: hidden ? 'hidden' : 'visible' });
  },
  // The text of an element as it is seen, its parts joined by one space.
  text: ({ page, selector }) => find(page).locator(selector).first().innerText().then((text) => text.replace(/\s+/g, ' ').trim()),
  texts: ({ page, selector }) => find(page).locator(selector).allInnerTexts().then((all) => all.map((text) => text.replace(/\s+/g, ' ').trim())),
  contents: ({ page, selector }) => find(page).locator(selector).allTextContents(),
  count: ({ page, selector }) => find(page).locator(selector).count(),
  links: ({ page, selector }) => find(page).locator(selector).evaluateAll((links) => links.map((link) => ({ name: link.innerText, href: link.href }))),

  // What is wrong for people who use assistive technology, by the rules of WCAG 2.2 A and AA, in the dark and in the light. Only colours
  // differ between the two.
  async axe({ page: name }) {
    const page = find(name), found = [];
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
    for (const [colorScheme, runOnly] of [['light', ['color-contrast']], ['dark', axeTags]]) {
      await page.emulateMedia({ colorScheme });
      // Colours that fade from the one scheme to the other have no contrast yet.
      await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));
      const { violations } = await page.evaluate((rules) => window.axe.run({ runOnly: rules, resultTypes: ['violations'] }), runOnly);
      for (const violation of violations)
        for (const node of violation.nodes) found.push(`${violation.id}, ${colorScheme}: ${node.html.slice(0, 200)} ${node.failureSummary}`);
    }
    return found;
  },
  // By how many pixels the page is wider than its window.
  async overflow({ page: name, width }) {
    const page = find(name), before = page.viewportSize();
    await page.setViewportSize({ width, height: before.height });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await page.setViewportSize(before);
    return overflow;
  },
  // Every row of a virtual list from its top to its end, and the greatest number of row elements at one time.
  scroll: ({ page, list, row }) => find(page).evaluate(async ([listSelector, rowSelector]) => {
    const list = document.querySelector(listSelector), rows = new Map();
    let most = 0, idle = 0;
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    list.scrollTop = 0;
    await frame();
    while (idle < 10) {
      const shown = [...list.querySelectorAll(rowSelector)];
      most = Math.max(most, shown.length);
      for (const element of shown) rows.set(new DOMMatrix(getComputedStyle(element).transform).m42, element.innerText.replace(/\s+/g, ' ').trim());
      const before = list.scrollTop;
      list.scrollTop += list.clientHeight;
      await frame();
      idle = list.scrollTop === before ? idle + 1 : 0;
    }
    list.scrollTop = 0;
    return { rows: [...rows].sort((a, b) => a[0] - b[0]).map(([, text]) => text), most };
  }, [list, row]),
  // The names of what is animated, and the colours in which marks are painted that forced colours would take away.
  marks: ({ page, selector }) => find(page).evaluate((marks) => ({
    animations: document.getAnimations().filter((animation) => animation.playState === 'running').length,
    colours: [...document.querySelectorAll(marks)].map((mark) => mark.tagName === 'rect' ? getComputedStyle(mark).fill
      : getComputedStyle(mark, mark.classList.contains('state') ? '::before' : null).backgroundColor),
    canvas: getComputedStyle(document.body).backgroundColor,
  }), selector),
  // Makes the host's answer to one operation of the page an error, as when its part of the database is away.
  async fail({ page, operation, code = 'INTERNAL', status = 200 }) {
    await find(page).route('**/graphql', (route) => (route.request().postData() ?? '').includes(operation)
      ? route.fulfill({ status, contentType: 'application/json', body: JSON.stringify({ errors: [{ message: 'Try again.', extensions: { code } }] }) })
      : route.continue());
  },
  mend: ({ page }) => find(page).unroute('**/graphql'),
  async screenshot({ page, path }) { await find(page).screenshot({ path }); },
  problems: ({ page }) => pages.get(page).problems,
  hosts: ({ page }) => [...pages.get(page).hosts],
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...parameters } = JSON.parse(line);
  let answer;
  try {
    answer = { result: (await commands[command](parameters)) ?? null };
  } catch (error) {
    answer = { error: `${command} ${JSON.stringify(parameters)}: ${error.message}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
proxy.close();
