/**
 * Walks through the whole application in light, dark and on a phone, takes a picture of every page and says what is wrong:
 * violations of the Content-Security-Policy, errors, text of too little contrast, pages wider than the screen, controls without a name.
 *
 *   node web/screenshots.mjs [BASE_URL] [--out FOLDER] [--only light,dark,phone,phone-dark,letters,letters-dark,letters-phone,letters-phone-dark,factors,factors-dark,factors-phone,installation,installation-dark,installation-phone,installation-phone-dark,empty,empty-phone,failing,waiting]
 *
 * Without an address it starts the mock over web/dist. It signs up by itself.
 */
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { lowContrast } from "./contrast.mjs";
import { start } from "./mock/server.mjs";
import { startOpenAi } from "../tests/fakes/openai.mjs";

const args = process.argv.slice(2);
const option = (name) => (args.includes(name) ? args.splice(args.indexOf(name), 2)[1] : null);
const out = option("--out") ?? mkdtempSync(join(tmpdir(), "tenon-web-"));
const only = option("--only")?.split(",");
mkdirSync(out, { recursive: true });

const mock = args[0] ? null : await start(0);
/* By name: passkeys are for localhost and not for an address of numbers. */
const base = args[0] ?? `http://localhost:${mock.address().port}`;
const upstream = mock ? null : await startOpenAi();
const faults = [];
const stamp = Date.now().toString(36);

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const GUIDE = `# Refund policy

## Who may ask

Customers may ask for a refund within 30 days of payment. Refunds below 200 dollars are granted by support at once; larger ones need the approval of finance.

## When it arrives

The money is back on the card after five to ten business days.`;

async function open({ name, colorScheme, viewport, phone }) {
  const context = await browser.newContext({ baseURL: base, colorScheme, viewport, deviceScaleFactor: phone ? 2 : 1, hasTouch: Boolean(phone), isMobile: Boolean(phone), reducedMotion: "reduce" });
  const page = await context.newPage();
  const note = (text) => faults.push(`${name} ${new URL(page.url()).pathname}: ${text}`);
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(`CSP ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
  });
  page.on("pageerror", (error) => note(error.message));
  page.on("console", (message) => {
    /* The browser itself reports each refused request; those that are meant are part of the tour. */
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) note(message.text());
  });

  const shoot = async (title, { still = true } = {}) => {
    if (still) await page.waitForLoadState("networkidle").catch(() => undefined);
    await page.waitForTimeout(260);
    await page.screenshot({ path: join(out, `${name}-${title}.png`) });
    for (const fault of await page.evaluate(lowContrast)) note(`[${title}] contrast ${fault}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) note(`[${title}] ${wide}px wider than the screen`);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea")]
        .filter((control) => control.checkVisibility() && !control.closest("[aria-hidden=true]"))
        .filter((control) => !(control.getAttribute("aria-label") || control.textContent.trim() || control.labels?.length || control.title))
        .map((control) => control.outerHTML.slice(0, 120)),
    );
    for (const control of nameless) note(`[${title}] no name: ${control}`);
    const double = await page.evaluate(() => [...document.querySelectorAll("[id]")].map(({ id }) => id).filter((id, at, all) => all.indexOf(id) !== at));
    if (double.length) note(`[${title}] id twice: ${double.join(", ")}`);
  };
  return { page, shoot, note };
}

async function signUp({ page, shoot }, email) {
  await page.goto("/signup");
  await page.getByLabel("Name").fill("You");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Organization").fill("Example");
  await page.getByLabel("Password", { exact: true }).fill("Abc");
  await shoot("signup");
  await page.getByLabel("Password", { exact: true }).fill("Planed-oak-42");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Example", exact: true }).waitFor();
}

const TRAVEL = `# Travel expenses

## Trains and flights

Second class is booked for trains under four hours. Flights need the approval of the budget owner before they are booked.

## Claims

Receipts are handed in within 30 days. Claims above 500 dollars are paid out with the next payroll.`;

const fixture = (name) => readFileSync(new URL(`../tests/fixtures/documents/${name}`, import.meta.url)).toString("base64");

/** What an account needs so that its pages have something to show; on the mock it is there from the start. */
async function fill(page) {
  await page.evaluate(
    async ({ guide, travel, pdf, docx, locked, upstream }) => {
      const { data: session } = await (await fetch("/api/csrf-token")).json();
      const send = async (path, body, method = "POST") => {
        const form = body instanceof FormData;
        const answer = await fetch(path, { method, headers: { "X-CSRF-Token": session.csrf_token, ...(!form && { "Content-Type": "application/json" }) }, body: form ? body : JSON.stringify(body) });
        return (await answer.json()).data;
      };
      const file = (title, name, content, collection) => {
        const form = new FormData();
        form.append("title", title);
        if (collection) form.append("collection_id", collection);
        form.append("file", new File([name.endsWith(".md") ? content : Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name));
        return send("/api/knowledge/documents", form);
      };
      const handbook = await send("/api/knowledge/collections", { name: "Handbook" });
      const documents = [
        await file("Terms of service", "terms.pdf", pdf, handbook.id),
        await file("Annual leave", "leave.docx", docx, handbook.id),
        await file("Contract archive", "archive.pdf", locked),
        await file("Travel expenses", "travel.md", travel, handbook.id),
        await file("Refund policy", "refunds.md", guide),
      ];
      for (const { id } of documents)
        for (let n = 0; n < 60; n++) {
          const { data } = await (await fetch(`/api/knowledge/documents/${id}`)).json();
          if (data.status === "ready" || data.status === "failed") break;
          await new Promise((resolve) => setTimeout(resolve, 250));
        }
      for (const content of ["How long does a refund take?", "Who approves a flight?", "When are receipts due?", "What does the moon cost?"]) {
        const { id } = await send("/api/conversations", {});
        await send(`/api/conversations/${id}/messages`, { content, stream: false });
      }
      await send("/api/providers", { provider: "openai", api_key: "sk-example-0000", base_url: upstream });
      const { key } = await send("/api/keys", { name: "Staging" });
      for (const model of ["openai/gpt-5.4-mini", "openai/gpt-5.4", "builtin/extract-1", "openai/gpt-absent", "openai/gpt-5.4-mini"])
        await fetch("/v1/chat/completions", { method: "POST", headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" }, body: JSON.stringify({ model, messages: [{ role: "user", content: "Write a line about tides." }] }) });
    },
    { guide: GUIDE, travel: TRAVEL, pdf: fixture("policy.pdf"), docx: fixture("policy.docx"), locked: fixture("locked.pdf"), upstream: upstream.url },
  );
}

async function empty(options) {
  const view = await open(options);
  const { page, shoot } = view;
  await signUp(view, `you-${stamp}-${options.name}@example.com`);
  for (const [title, path] of [["overview", "/"], ["chat", "/chat"], ["documents", "/documents"], ["keys", "/keys"], ["usage", "/usage"], ["providers", "/providers"], ["not-found", "/nowhere"]]) {
    await page.goto(path);
    await shoot(title);
  }
  await page.context().clearCookies();
  await page.goto("/usage");
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await page.getByLabel("E-mail").fill("you@example.com");
  await page.getByLabel("Password", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").waitFor();
  await shoot("login");
  await page.context().close();
}

async function tour(options) {
  const view = await open(options);
  const { page, shoot } = view;
  const seeded = mock ? "+seeded" : "";
  await signUp(view, `you-${stamp}-${options.name}${seeded}@example.com`);
  if (!mock) await fill(page);
  await page.goto("/");
  await shoot("overview");

  await page.goto("/chat");
  await shoot("chat-new");
  const question = page.getByRole("textbox", { name: "Your question" });
  await question.fill("How large a refund needs the approval of finance?");
  await question.press("Enter");
  await page.getByRole("button", { name: /Citation 1/ }).first().waitFor();
  await page.getByRole("button", { name: "Copy answer" }).last().waitFor();
  await shoot("chat-answer");
  await page.getByRole("button", { name: /Citation 1/ }).first().click();
  await page.locator("mark").first().waitFor();
  await shoot("chat-citation");
  await page.keyboard.press("Escape");
  if (mock) {
    await question.fill("Show me markdown");
    await question.press("Enter");
    await page.getByText("See the API description").waitFor();
    await page.getByRole("button", { name: "Copy answer" }).nth(1).waitFor();
    await shoot("chat-markdown");
    await question.fill("Please fail to explain the annual leave and the refunds in detail");
    await question.press("Enter");
    await page.getByText("The provider stopped in the middle").waitFor();
    await shoot("chat-failed");
    await question.fill("slow: when is the annual leave?");
    await question.press("Enter");
    await page.getByRole("button", { name: "Stop the answer" }).waitFor();
    await page.waitForTimeout(3600);
    await shoot("chat-streaming", { still: false });
    await page.reload();
    await page.getByRole("button", { name: "Stop the answer" }).waitFor();
    await page.getByRole("button", { name: "Stop the answer" }).click();
    await page.getByText("Stopped", { exact: true }).waitFor();
  }

  await page.goto("/documents");
  await page.locator("input[type=file]").first().setInputFiles([
    { name: "slow-guide.md", mimeType: "text/markdown", buffer: Buffer.from(GUIDE) },
    { name: "photo.png", mimeType: "image/png", buffer: Buffer.from("not a picture") },
  ]);
  await page.getByText("slow-guide", { exact: true }).first().waitFor();
  await page.waitForTimeout(1300);
  await shoot("documents", { still: false });
  await page.getByLabel("Search in documents").fill("refund approval");
  await page.locator("mark").first().waitFor();
  await shoot("documents-search");
  await page.getByRole("link", { name: /refund/i }).first().click();
  await page.waitForURL(/\/documents\/.+/);
  await page.getByText("Customers may ask").first().waitFor();
  await shoot("document");
  if (!mock) {
    await page.goto("/documents");
    await page.getByRole("link", { name: "Contract archive" }).click();
    await page.getByRole("alert").or(page.getByText("Replace the file to try again.")).first().waitFor();
    await shoot("document-failed");
  }

  await page.goto("/keys");
  await shoot("keys");
  await page.getByRole("button", { name: "Create key" }).first().click();
  await page.getByLabel("Name").fill("Production backend");
  await shoot("key-new");
  await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
  await page.getByLabel("The new key").waitFor();
  await shoot("key-made");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Actions for Production backend" }).click();
  await shoot("key-menu");
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await shoot("key-revoke");
  await page.keyboard.press("Escape");

  await page.goto("/usage");
  await page.locator("canvas").waitFor();
  await shoot("usage");
  await page.getByRole("table", { name: "Recent calls" }).getByRole("button").first().click();
  await page.getByRole("dialog").waitFor();
  await shoot("usage-call");
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Recent calls" }).scrollIntoViewIfNeeded();
  await shoot("usage-below");

  await page.goto("/providers");
  await page.getByRole("button", { name: "Test" }).first().click();
  await page.getByText(mock ? "The key works." : "It answers and takes the key.").waitFor();
  await shoot("providers");
  await page.getByLabel("Search the catalogue").fill("compatible");
  await page.getByRole("list", { name: /provider/ }).getByRole("button", { name: /OpenAI-compatible/ }).click();
  await page.getByRole("dialog").waitFor();
  await shoot("provider-new");
  await page.keyboard.press("Escape");

  for (const section of ["account", "security", "organization", "search", "members", "roles", "appearance", "activity"]) {
    await page.goto(`/settings/${section}`);
    await shoot(`settings-${section}`);
  }
  await page.goto("/settings/search");
  await page.getByLabel("Embedding model").selectOption("builtin/embed-1");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Words and vectors").waitFor();
  await shoot("settings-search-ready");
  await page.goto("/");
  await page.getByRole("heading", { name: "Example", exact: true }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("re");
  await shoot("palette");
  await page.keyboard.press("Escape");
  if (options.phone) {
    await page.getByRole("button", { name: "Menu" }).click();
    await shoot("menu");
  } else {
    await page.getByRole("button", { name: /Account menu/ }).click();
    await shoot("account-menu");
  }
  await page.context().close();
}

/** What is done by letter: forgotten, chosen anew, confirmed, changed. */
async function letters(options) {
  const view = await open(options);
  const { page, shoot } = view;
  const email = `you-${stamp}-${options.name}@example.com`;
  /* Links name APP_URL; this browser may know the server by another name. */
  const linkOf = async (to, subject) => {
    for (let n = 0; n < 50; n++) {
      const { data } = await page.evaluate(async () => (await fetch("/api/outbox")).json());
      const letter = data.find((one) => one.to === to && one.subject === subject);
      if (letter) {
        await page.goto(`/outbox/${letter.id}`);
        const link = await page.waitForFunction(() => document.querySelector("iframe")?.contentDocument?.querySelector("a[href]")?.getAttribute("href"));
        const { pathname, search } = new URL(await link.jsonValue());
        return pathname + search;
      }
      await page.waitForTimeout(100);
    }
    throw new Error(`no letter ${subject}`);
  };
  const forgot = async () => {
    await page.goto("/forgot");
    await page.getByLabel("E-mail").fill(email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByRole("heading", { name: "Look in your mail" }).waitFor();
  };
  await signUp(view, email);
  await shoot("banner");
  await page.goto("/chat");
  await shoot("banner-chat");
  await page.goto("/settings/account");
  await shoot("account");
  await page.getByRole("button", { name: "Change e-mail" }).click();
  await shoot("change-email");
  await page.getByRole("dialog").getByLabel("New e-mail").fill(`new-${email}`);
  await page.getByRole("dialog").getByLabel("Your password", { exact: true }).fill("Planed-oak-42");
  await page.getByRole("dialog").getByRole("button", { name: "Send the link" }).click();
  await page.getByText("A link is on its way").first().waitFor();
  await shoot("change-email-sent");

  await page.goto("/forgot");
  await page.getByRole("heading", { name: "Forgot your password?" }).waitFor();
  await shoot("forgot");
  await forgot();
  await shoot("forgot-sent");
  const reset = await linkOf(email, "Choose a new password");
  await shoot("outbox-letter");
  await page.getByRole("radio", { name: "Text" }).click();
  await shoot("outbox-text");
  await page.goto("/outbox");
  await page.getByRole("heading", { name: "Outbox" }).waitFor();
  await shoot("outbox");

  await page.goto("/verify?token=none");
  await page.getByRole("button", { name: "Send a new link" }).waitFor();
  await shoot("verify-again");
  await page.goto(await linkOf(email, "Confirm your e-mail address"));
  await page.getByRole("heading", { name: "Your address is confirmed" }).waitFor();
  await shoot("verify-done");
  await page.evaluate(async (body) => {
    for (let n = 0; n < 2; n++) await fetch("/api/auth/login", { method: "POST", headers: { "Content-Type": "application/json" }, body, credentials: "omit" });
  }, JSON.stringify({ email, password: "Planed-oak-42" }));
  await page.goto("/settings/security");
  await page.getByRole("button", { name: "End all others" }).click();
  await shoot("security-end");
  await page.keyboard.press("Escape");
  await shoot("security");

  await page.goto(reset);
  await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
  await shoot("reset");
  await page.getByLabel("New password", { exact: true }).fill("password");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.locator("[aria-invalid=true]").waitFor();
  await shoot("reset-refused");
  await page.getByLabel("New password", { exact: true }).fill("Whittled-elm-57");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("Your password is changed.").waitFor();
  await shoot("login-after-reset");
  await page.goto(reset);
  await page.getByLabel("New password", { exact: true }).fill("Whittled-elm-58");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("heading", { name: "This link is not good any more" }).waitFor();
  await shoot("reset-not-good");
  await page.goto("/verify?token=none");
  await page.getByRole("link", { name: "Log in" }).waitFor();
  await shoot("verify-not-good");
  if (mock) {
    await page.goto("/login");
    await page.getByLabel("E-mail").fill("locked@example.com");
    await page.getByLabel("Password", { exact: true }).fill("Planed-oak-42");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
    await shoot("login-locked");
  }
  await page.context().close();
}

/** The second step of a login, what it is made of in the settings, and the question who is there; against the mock, whose code is 123456. */
async function factors(options) {
  const view = await open(options);
  const { page, shoot } = view;
  const email = `you+mfa-${stamp}-${options.name}@example.com`;
  await signUp(view, email);
  await page.goto("/settings/security");
  await page.getByRole("list", { name: "Passkeys" }).getByText("Laptop").waitFor();
  await shoot("security");
  await page.getByRole("heading", { name: "Linked services" }).scrollIntoViewIfNeeded();
  await shoot("security-below");
  await page.getByRole("button", { name: "Actions for Laptop" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await shoot("passkey-remove");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Add a passkey" }).click({ timeout: 500 }).then(() => shoot("passkey-add"), () => undefined);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Turn off" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
  await page.getByRole("button", { name: "Set up" }).click();
  await page.getByLabel("The secret").waitFor();
  await page.getByRole("dialog").getByLabel("One-time code").fill("111111");
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.locator("[aria-invalid=true]").waitFor();
  await shoot("authenticator");
  await page.getByRole("dialog").getByLabel("One-time code").fill("123456");
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("list", { name: "Recovery codes" }).waitFor();
  await shoot("recovery-codes");
  await page.context().clearCookies();
  await page.goto("/login?error=email_unverified");
  await page.getByRole("link", { name: "Continue with GitHub" }).waitFor();
  await shoot("login");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("Planed-oak-42");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "One more step" }).waitFor();
  await shoot("second-step");
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByLabel("Recovery code").fill("none");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await shoot("second-step-refused");
  await page.context().clearCookies();
  await signUp(view, `you+stale-${stamp}-${options.name}@example.com`);
  await page.goto("/keys?new=key");
  await page.getByRole("dialog").getByLabel("Name").fill("Production");
  await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
  await page.getByLabel("Your password", { exact: true }).waitFor();
  await shoot("proof");
  await page.getByRole("dialog", { name: "Is it still you?" }).getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("alert").waitFor();
  await shoot("proof-cancelled");
  await page.context().close();
}

/** What whoever runs the installation sees, an organization's domains, and what one may join; against the mock, which has people enough. */
async function installation(options) {
  const view = await open(options);
  const { page, shoot } = view;
  const dialog = page.getByRole("dialog");
  await signUp(view, `you+admin+seeded+joins-${stamp}-${options.name}@example.com`);
  await page.getByRole("heading", { name: "An organization you can join" }).waitFor();
  await shoot("join");
  if (options.phone) await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("button", { name: /Change organization/ }).click();
  await shoot("join-menu");
  await page.getByRole("menuitem", { name: "New organization" }).click();
  await shoot("join-new");
  await page.keyboard.press("Escape");

  await page.goto("/admin/people");
  await page.getByRole("table", { name: "People" }).waitFor();
  await shoot("people");
  await page.getByText("63 people").scrollIntoViewIfNeeded();
  await shoot("people-below");
  await page.getByLabel("Find people").fill("nobody of that name");
  await page.getByRole("heading", { name: "Nobody is called that" }).waitFor();
  await shoot("people-none");
  await page.getByLabel("Find people").fill("person2@");
  await page.getByRole("link", { name: "Sales" }).click();
  await dialog.getByRole("heading", { name: "What you may do" }).waitFor();
  await shoot("person");
  await dialog.getByRole("button", { name: "Delete", exact: true }).scrollIntoViewIfNeeded();
  await shoot("person-below");
  await dialog.getByRole("button", { name: "Act as them" }).click();
  await page.getByRole("dialog", { name: /^Act as/ }).getByLabel("Reason").fill("A question of theirs");
  await shoot("act");
  await page.keyboard.press("Escape");
  await dialog.getByRole("button", { name: "Shut", exact: true }).click();
  await shoot("shut");
  await page.keyboard.press("Escape");
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  const deleting = page.getByRole("dialog", { name: /^Delete the account/ });
  await deleting.getByLabel("Their e-mail, to confirm").fill("person2@example.com");
  await deleting.getByRole("button", { name: "Delete account" }).click();
  await deleting.getByRole("alert").waitFor();
  await shoot("delete-refused");

  await page.goto("/admin/organizations");
  await page.getByRole("table", { name: "Organizations" }).waitFor();
  await shoot("organizations");
  await page.getByRole("button", { name: "Actions for Branch office" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await shoot("organization-delete");
  await page.keyboard.press("Escape");

  await page.goto("/settings/domains");
  await page.getByText("Record gone").waitFor();
  await shoot("domains");
  await page.getByRole("button", { name: "Add domain" }).click();
  await dialog.getByLabel("Domain").fill("gmail.com");
  await dialog.getByRole("button", { name: "Add domain" }).click();
  await page.locator("[aria-invalid=true]").waitFor();
  await shoot("domain-refused");
  await dialog.getByLabel("Domain").fill("unset.example.net");
  await dialog.getByRole("button", { name: "Add domain" }).click();
  const row = page.getByRole("list", { name: "Domains" }).getByRole("listitem").filter({ hasText: "unset.example.net" });
  await row.getByRole("button", { name: "Check now" }).click();
  await row.getByRole("alert").waitFor();
  await row.getByRole("button", { name: "Check now" }).scrollIntoViewIfNeeded();
  await shoot("domain-not-found");
  await page.context().close();
}

/** Every page while the server does not answer yet, and when it answers with a failure. */
async function trouble(options) {
  const view = await open(options);
  const { page, shoot } = view;
  await signUp(view, `you+admin-${stamp}-${options.name}@example.com`);
  await page.route(/\/api\/(?!auth\/me|csrf-token)/, async (route) => {
    if (options.waiting) return;
    await route.fulfill({ status: 500, json: { success: false, error: { code: "INTERNAL", message: "Something went wrong on our side.", request_id: "0190a8c2-5d3f-7b61-9e0c-1f2a3b4c5d6e" } } });
  });
  const paths = ["/", "/chat", "/chat/some", "/documents", "/documents/some", "/keys", "/usage", "/providers", "/settings/security", "/settings/organization", "/settings/search", "/settings/members", "/settings/roles", "/settings/domains", "/settings/activity", ...(mock ? ["/admin/people", "/admin/people?person=some", "/admin/organizations"] : [])];
  for (const path of paths) {
    await page.goto(path);
    await page.locator("main h1, main h2, main [role=status], main [role=alert]").first().waitFor();
    await page.waitForTimeout(options.waiting ? 500 : 100);
    await shoot(path.slice(1).replaceAll(/[/?=]/g, "-") || "overview", { still: !options.waiting });
    if (!options.waiting && !["/chat"].includes(path) && (await page.getByRole("alert").count()) === 0) faults.push(`${options.name} ${path}: says nothing of the failure`);
  }
  await page.context().close();
}

const wide = { width: 1440, height: 900 };
const narrow = { width: 390, height: 844 };
const tours = [
  [empty, { name: "empty", colorScheme: "light", viewport: wide }],
  [empty, { name: "empty-phone", colorScheme: "dark", viewport: narrow, phone: true }],
  [trouble, { name: "failing", colorScheme: "light", viewport: wide }],
  [trouble, { name: "waiting", colorScheme: "light", viewport: wide, waiting: true }],
  [letters, { name: "letters", colorScheme: "light", viewport: wide }],
  [letters, { name: "letters-dark", colorScheme: "dark", viewport: wide }],
  [letters, { name: "letters-phone", colorScheme: "light", viewport: narrow, phone: true }],
  [letters, { name: "letters-phone-dark", colorScheme: "dark", viewport: narrow, phone: true }],
  ...(mock
    ? [
        [factors, { name: "factors", colorScheme: "light", viewport: wide }],
        [factors, { name: "factors-dark", colorScheme: "dark", viewport: wide }],
        [factors, { name: "factors-phone", colorScheme: "light", viewport: narrow, phone: true }],
        [installation, { name: "installation", colorScheme: "light", viewport: wide }],
        [installation, { name: "installation-dark", colorScheme: "dark", viewport: wide }],
        [installation, { name: "installation-phone", colorScheme: "light", viewport: narrow, phone: true }],
        [installation, { name: "installation-phone-dark", colorScheme: "dark", viewport: narrow, phone: true }],
      ]
    : []),
  [tour, { name: "light", colorScheme: "light", viewport: wide }],
  [tour, { name: "dark", colorScheme: "dark", viewport: wide }],
  [tour, { name: "phone", colorScheme: "light", viewport: narrow, phone: true }],
  [tour, { name: "phone-dark", colorScheme: "dark", viewport: narrow, phone: true }],
];

for (const [walk, options] of tours) {
  if (only && !only.includes(options.name)) continue;
  try {
    await walk(options);
  } catch (error) {
    faults.push(`${options.name}: ${error.message}`);
  }
}
await browser.close();
await upstream?.close();
mock?.close();
mock?.closeAllConnections();

const found = [...new Set(faults)];
console.log(`pictures in ${out}`);
console.log(found.length ? `${found.length} faults:\n${found.join("\n")}` : "no faults");
process.exitCode = found.length ? 1 : 0;
