/**
 * Takes the pictures that the README shows, from a server of its own: `node web/pictures.mjs [FOLDER]`, by default docs/images.
 */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { startTenon } from "../tests/clients/harness.mjs";
import { answered, ask, callAs, linkIn, openWindow, signUp, startBrowser } from "../tests/browser/browser.mjs";

const out = process.argv[2] ?? fileURLToPath(new URL("../docs/images", import.meta.url));
mkdirSync(out, { recursive: true });

const DOCUMENTS = {
  "Refund policy": `# Refund policy

## Who may ask

Customers may ask for a refund within 30 days of payment. Refunds below 200 dollars are granted by support at once. Larger refunds need the approval of finance, which is given within two working days.

## When it arrives

The money is back on the card after five to ten business days. A refund to a bank account takes up to three weeks.

## What is left out

Gift cards and custom orders cannot be refunded. They can be exchanged for store credit.
`,
  "Support handbook": `# Support handbook

## First reply

Every request gets a first reply within four working hours. Requests marked as urgent get one within 30 minutes.

## Incidents

An incident of severity 1 is one that stops all customers from working. The engineer on call is paged, and the status page is changed within ten minutes.

## Hand-over

Open requests are handed over at the end of a shift with a short note on what was tried.
`,
  "Travel expenses": `# Travel expenses

## Trains and flights

Second class is booked for trains under four hours. Flights need the approval of the budget owner before they are booked.

## Claims

Receipts are handed in within 30 days. Claims above 500 dollars are paid out with the next payroll.
`,
};

const [tenon, browser] = await Promise.all([startTenon(), startBrowser()]);
try {
  for (const colorScheme of ["light", "dark"]) {
    const { page, close } = await openWindow(browser, tenon, { colorScheme });
    const email = await signUp(page, `you+${colorScheme}@example.com`);
    await page.goto(await linkIn(page, tenon.url, email, /^Confirm/));
    await page.getByRole("heading", { name: "Your address is confirmed" }).waitFor();
    await callAs(page, "PATCH", "/api/auth/me", { name: "You" });
    await page.goto("/documents");
    await page.getByLabel("Files to upload").setInputFiles(Object.entries(DOCUMENTS).map(([title, text]) => ({ name: `${title}.md`, mimeType: "text/markdown", buffer: Buffer.from(text) })));
    for (const title of Object.keys(DOCUMENTS)) await page.getByRole("row").filter({ hasText: title }).getByText("Ready", { exact: true }).waitFor();
    for (const content of ["Which flights need approval?", "What is an incident of severity 1?", "How fast is the first reply?"]) {
      const { id } = await callAs(page, "POST", "/api/conversations", {});
      await callAs(page, "POST", `/api/conversations/${id}/messages`, { content, stream: false });
    }
    await page.goto("/chat");
    await ask(page, "Which refunds need the approval of finance?");
    await answered(page);
    await ask(page, "How long does the money take to be back on the card?");
    await answered(page, 2);
    await ask(page, "Can gift cards be refunded?");
    await answered(page, 3);
    await page.getByRole("button", { name: /^Citation 1/ }).last().click();
    await page.locator("aside mark").waitFor();
    await page.evaluate(() => document.fonts.ready);
    await page.mouse.move(700, 600);
    await page.screenshot({ path: join(out, `chat-${colorScheme}.png`) });
    await close();
  }
} finally {
  await browser.close();
  await tenon.stop();
}
