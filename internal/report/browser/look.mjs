// Opens pages in Chromium and reports what is wrong with them, a line each; the exit code is 1 then.
//
//   node look.mjs CHROMIUM FOLDER [SHOTS]
//
// FOLDER has pages.json, a list of {file, …}: what else stands there says what is tried (see below). Screenshots and
// PDFs go into the folder SHOTS.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { start } from './browser.mjs';

const [executablePath, folder, shots] = process.argv.slice(2);
const { Look, fault, end } = await start(executablePath, shots);

// sizes: the page at three widths, light and dark; glance: narrow and light, wide and dark. First as it is opened, then
// with rows open, then with results of a search.
const sizes = async (p, url) => {
  for (const width of [360, 800, 1440]) for (const scheme of ['light', 'dark']) await size(p, url, width, scheme);
};
const glance = async (p, url) => {
  await size(p, url, 360, 'light');
  await size(p, url, 1440, 'dark');
};
async function size(p, url, width, colorScheme) {
  const options = { viewport: { width, height: 900 }, colorScheme };
  const look = await new Look(`${p.file} ${width} ${colorScheme}`).open(url, options);
  const page = look.page, judged = [360, 1440].indexOf(width) === ['light', 'dark'].indexOf(colorScheme);
  await look.overflow('closed');
  await look.shot('top');
  await page.evaluate(() => [...document.querySelectorAll('.row')].slice(0, 6).forEach(d => { d.open = true; }));
  await look.settled();
  await look.overflow('open');
  if (judged) await look.axe('open');
  if (shots) {
    await page.evaluate(() => document.querySelector('.row[open]')?.scrollIntoView());
    await look.shot('open');
  }
  await page.fill('#q', p.search || 'cost');
  await page.waitForSelector('#found p');
  await look.overflow('results');
  if (judged && width === 360) await look.axe('results');
  if (width === 360) await look.shot('results');
  await look.close();
}

// keyboard: with keys alone everything can be reached and used.
async function keyboard(p, url) {
  const look = await new Look(p.file + ' keyboard').open(url), page = look.page;
  const press = async (...keys) => { for (const k of keys) await page.keyboard.press(k); };
  const count = selector => page.evaluate(selector => document.querySelectorAll(selector).length, selector);
  await look.tabs();
  await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); });
  await press('j');
  const first = await look.focused();
  look.want(/^i\d+\//.test(first), `j goes to ${first}, not to a decision`);
  await press('j', 'k');
  look.want(await look.focused() === first, `j and k lead to ${await look.focused()}, not back to ${first}`);
  await press('Enter');
  await look.settled();
  look.want(await count('.row[open] .conv section') >= 4, 'Enter does not show the conversation');
  look.want(await page.evaluate(() => location.hash.slice(1)) === first, 'an opened decision is not in the address');
  await press('o');
  look.want(await page.$('.row[open]') === null, 'o does not close the decision');
  await press('J');
  look.want(/^i\d+$/.test(await look.focused()), `J goes to ${await look.focused()}, not to an iteration`);
  await press('e');
  await look.settled();
  look.want(await count('.row:not([open])') === 0, 'e does not open all');
  await press('c');
  look.want(await page.$('.row[open]') === null, 'c does not close all');
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme || 'auto');
  await press('t');
  look.want(await theme() === 'light', 't does not change the theme');
  await press('t');
  look.want(await theme() === 'dark', 't does not change the theme again');
  await press('t');
  await press('?');
  look.want(await page.evaluate(() => document.querySelector('#help').open), '? does not open the help');
  await look.axe('help');
  await look.shot('help');
  await press('j');
  look.want(await page.evaluate(() => document.querySelector('#help').open), 'a key acts behind the help');
  await page.uncheck('#single');
  await press('Escape');
  look.want(await page.evaluate(() => !document.querySelector('#help').open), 'Escape does not close the help');
  await page.evaluate(() => document.activeElement.blur());
  await press('e');
  look.want(await page.$('.row[open]') === null, 'a key acts though keys are switched off');
  await page.evaluate(() => { const s = document.querySelector('#single'); s.click(); });
  await press('/');
  look.want(await page.evaluate(() => document.activeElement.id) === 'q', '/ does not lead to the search');
  await page.keyboard.type(p.search || 'cost');
  await page.waitForSelector('#found li');
  await press('ArrowDown');
  look.want(await count('#found a:focus') === 1, 'the arrow does not lead to the results');
  await press('Enter');
  await page.waitForTimeout(300);
  look.want(await page.evaluate(() => document.querySelector('#found').hidden), 'a result does not close the results');
  look.want(await page.evaluate(() => CSS.highlights.size) === 1, 'a result is not marked');
  await look.close();
}

// search: a hit in a prompt, an answer or an event is brought into view.
async function search(p, url) {
  const look = await new Look(p.file + ' search').open(url), page = look.page;
  for (const [kind, words] of Object.entries(p.finds)) {
    await page.fill('#q', '');
    await page.fill('#q', words);
    await page.waitForSelector('#found:not([hidden]) p');
    await page.waitForTimeout(250);
    const i = await page.evaluate(kind => [...document.querySelectorAll('#found li a>span:first-child')]
      .findIndex(s => s.textContent.includes(kind)), kind);
    if (i < 0) { look.fault(`${words} is not found in any ${kind}`); continue; }
    await page.click(`#found li:nth-child(${i + 1}) a`);
    await page.waitForTimeout(500);
    const seen = await page.evaluate(words => [...document.querySelectorAll('.l,.ev,.ev pre')].some(e => {
      const r = e.getBoundingClientRect();
      return e.textContent.toLowerCase().includes(words.toLowerCase()) && r.bottom > 0 && r.top < innerHeight;
    }), words);
    look.want(seen, `${words} of the ${kind} is not in view`);
  }
  await page.fill('#q', 'nothing has these words');
  await page.waitForFunction(() => document.querySelector('#found p')?.textContent === 'Nothing found');
  await look.close();
}

// link: an address with #i12/BANK_A opens the decision.
async function link(p, url) {
  const look = await new Look(p.file + ' link').open(url + '#' + p.link), page = look.page;
  await look.settled();
  const [open, top, text] = await page.evaluate(id => {
    const d = document.getElementById(id);
    return [d.open, d.getBoundingClientRect().top, d.textContent];
  }, p.link);
  look.want(open && top >= 0 && top < 900, `${p.link} is not open and in view: open ${open}, at ${top}`);
  for (const words of p.shows || []) look.want(text.includes(words), `${p.link} does not show ${words}`);
  const it = p.link.split('/')[0];
  await page.evaluate(it => { location.hash = it; }, it);
  await page.waitForTimeout(100);
  look.want(await look.focused() === it, `#${it} does not lead to the iteration`);
  await look.close();
}

// cursor: the pointer reads all charts, and a click leads to the decision.
async function cursor(p, url) {
  const look = await new Look(p.file + ' cursor').open(url), page = look.page;
  const box = await (await page.$('figure[data-key] svg')).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const read = await page.evaluate(() => [...document.querySelectorAll('figure output')].map(o => o.textContent));
  look.want(read.length > 1 && read.every(t => /^iteration \d+: /.test(t)), 'the cursor reads ' + read.join(' | '));
  await look.shot('cursor');
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await look.settled();
  look.want(await page.$('.row[open]') !== null, 'a click on a chart opens no decision');
  await look.close();
}

// download: an attachment is saved as it was recorded.
async function download(p, url) {
  const look = await new Look(p.file + ' download').open(url, { acceptDownloads: true });
  const [d] = await Promise.all([look.page.waitForEvent('download'), look.page.click('#attachments a[download]')]);
  const text = readFileSync(await d.path(), 'utf8');
  look.want(text === p.download, `the attachment is ${JSON.stringify(text.slice(0, 80))}`);
  await look.close();
}

// still: without JavaScript the page says how the run ended, and what was decided.
async function still(p, url) {
  const look = await new Look(p.file + ' still').open(url, { javaScriptEnabled: false });
  const text = await look.page.innerText('main');
  for (const words of p.still) look.want(text.includes(words), `without JavaScript there is no ${words}`);
  look.want(text.includes('laid out by JavaScript'), 'the page does not say what it lacks without JavaScript');
  await look.shot('top');
  await look.close();
}

// print: on paper the page is light, without controls, and has what is open.
async function print(p, url) {
  const look = await new Look(p.file + ' print').open(url, { colorScheme: 'dark' });
  await look.page.evaluate(() => [...document.querySelectorAll('.row')].slice(0, 2).forEach(d => { d.open = true; }));
  await look.settled();
  await look.page.emulateMedia({ media: 'print' });
  const [background, bar] = await look.page.evaluate(() =>
    [getComputedStyle(document.documentElement).backgroundColor, document.querySelector('.bar').checkVisibility()]);
  look.want(background === 'rgb(255, 255, 255)', `on paper the ground is ${background}`);
  look.want(!bar, 'on paper the bar is there');
  const pdf = await look.page.pdf({ preferCSSPageSize: true });
  look.want(pdf.subarray(0, 5).toString() === '%PDF-', 'print makes no PDF');
  if (shots) writeFileSync(join(shots, p.file + '.pdf'), pdf);
  await look.close();
}

// harmless: nothing that was recorded acts on the page, closed or open.
async function harmless(p, url) {
  const look = await new Look(p.file).open(url), page = look.page;
  const elements = () => page.evaluate(() =>
    [...document.querySelectorAll('script,style,img,iframe,object,embed,base,form,link,meta,head title')]
      .map(e => e.localName).join());
  const before = await elements();
  look.want(before === 'meta,meta,meta,meta,meta,title,link,style,script,script', 'the page has ' + before);
  await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
  await look.settled();
  await page.waitForTimeout(200);
  await page.evaluate(() => document.querySelectorAll('.ev,.conv details').forEach(d => { d.open = true; }));
  await page.fill('#q', p.search);
  await page.waitForTimeout(400);
  look.want(await elements() === before, 'opened, the page has ' + await elements());
  look.want(await page.evaluate(() => window.broken === undefined), 'what was recorded is run');
  look.want(await page.$('[onerror],[onload],[onmouseover]') === null, 'an element has a handler');
  const bad = await page.evaluate(() => [...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))
    .filter(h => !/^(#|data:application\/octet-stream;base64,)/.test(h)));
  look.want(!bad.length, 'links lead to ' + bad.slice(0, 3).join());
  await look.close();
}

const tries = { sizes, glance, keyboard, search, link, cursor, download, still, print, harmless };
for (const p of JSON.parse(readFileSync(join(folder, 'pages.json'), 'utf8'))) {
  const url = pathToFileURL(join(folder, p.file)).href;
  for (const what of p.tries) {
    try { await tries[what](p, url); } catch (e) { fault(`${p.file}: ${what}: ${e.message}`); }
  }
}
await end();
