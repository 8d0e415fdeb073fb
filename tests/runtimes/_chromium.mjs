/**
 * Opens a page in Chromium, and prints what a promise of the page gives:
 * `node chromium.mjs CHROMIUM URL EXPRESSION [SCREENSHOT]`.
 */

// No dependency of the checkout: it is installed beside this program.
const name = "playwright-core";
const { chromium } = await import(name);

const [executablePath, url, expression, screenshot] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox"],
});
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(String(error)));
  page.on("console", (message) => console.error(message.text()));
  await page.goto(url);
  const result = await page.evaluate(expression);
  if (screenshot !== undefined) {
    await page.screenshot({ path: screenshot, fullPage: true });
  }
  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}
