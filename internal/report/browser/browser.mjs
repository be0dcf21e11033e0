// Chromium with pages in it, and what is wrong with them: a line each on standard output.
import { readFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const controls = 'a[href],button,input:not([type=hidden]),select,summary';

// start starts a browser. Screenshots go into the folder shots, if one is given.
export async function start(executablePath, shots) {
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  let faults = 0;
  if (shots) mkdirSync(shots, { recursive: true });

  // fault reports what is wrong.
  const fault = what => { faults++; console.log(what); };

  // end ends the browser and the process, whose exit code is 1 if something was wrong.
  const end = async () => {
    await browser.close();
    process.exit(faults ? 1 : 0);
  };

  // A look is one page in a window of its own. Whatever the page says, asks for elsewhere or opens is a fault.
  class Look {
    constructor(name) { this.name = name; }
    fault(what) { fault(`${this.name}: ${what}`); }
    want(ok, what) { if (!ok) this.fault(what); }
    // open opens the page. Its options are those of a window, and refused: it is a page about an error.
    async open(url, { refused, ...options } = {}) {
      await this.window(options);
      const own = url.startsWith('file:') ? 'file:' : new URL(url).origin + '/';
      this.page.on('console', m => {
        const expected = refused && /status of 4\d\d/.test(m.text()); // which the browser says of each such page
        if (['error', 'warning'].includes(m.type()) && !expected) this.fault('console: ' + m.text());
      });
      this.page.on('pageerror', e => this.fault('error: ' + e.message));
      this.page.on('dialog', d => { this.fault('dialog: ' + d.message()); d.dismiss(); });
      this.page.on('request', r => {
        if (!r.url().startsWith('data:') && !r.url().startsWith(own)) this.fault('request: ' + r.url());
      });
      this.context.on('page', () => this.fault('a window was opened'));
      await this.page.goto(url);
      return this;
    }
    // window opens a window without a page.
    async window(options = {}) {
      this.context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
      this.context.setDefaultTimeout(300_000); // a machine may be busy
      this.page = await this.context.newPage();
      return this.page;
    }
    close() { return this.context.close(); }
    // settled waits until what was opened is laid out.
    settled() {
      return this.page.waitForFunction(() => !document.querySelector('.row[open] .conv:empty,[aria-busy]'));
    }
    focused() { return this.page.evaluate(() => document.activeElement.closest('[id]')?.id || ''); }
    async shot(what) {
      const name = `${this.name} ${what}`.trim().replaceAll('/', '_');
      if (shots) await this.page.screenshot({ path: join(shots, name + '.png') });
    }
    // axe reports what a program finds that looks for what people with disabilities cannot use.
    async axe(what) {
      const found = await this.page.evaluate(axe + ';axe.run()');
      for (const v of found.violations) {
        const where = v.nodes.slice(0, 3).map(n => n.target.join(' ')).join('; ');
        this.fault(`axe, ${what}: ${v.impact}: ${v.id}: ${v.help}: ${where}`);
      }
    }
    // overflow reports a page that is wider than its window.
    async overflow(what) {
      const [body, all, over] = await this.page.evaluate(() => {
        const body = document.body.clientWidth;
        const over = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > body + 1);
        return [body, document.body.scrollWidth, over.slice(0, 3).map(e => e.outerHTML.slice(0, 100)).join(' ')];
      });
      this.want(all <= body, `${what}: the page is ${all} wide in a window of ${body}: ${over}`);
    }
    // tabs reports controls that Tab does not reach: in view, or brought there by it.
    async tabs() {
      await this.page.evaluate(() => { document.activeElement.blur(); });
      const all = await this.page.evaluate(controls => {
        const list = [...document.querySelectorAll(controls)].filter(e => e.checkVisibility());
        list.forEach((e, i) => { e.tabNumber = i; });
        return list.length;
      }, controls);
      const seen = new Set();
      for (let i = 0; i <= all; i++) {
        await this.page.keyboard.press('Tab');
        const n = await this.page.evaluate(() => document.activeElement.tabNumber);
        if (n != null) seen.add(n);
      }
      this.want(seen.size === all, `Tab reaches ${seen.size} of ${all} controls`);
    }
  }
  return { Look, fault, end };
}
