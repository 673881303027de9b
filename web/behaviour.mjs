/**
 * Does what people do, against the mock, and says whether the application did its part: streams that are cut, sessions that end,
 * tokens that change, and every action that creates, changes or deletes something.
 *
 *   node web/behaviour.mjs
 */
import { chromium } from "playwright-core";
import { start } from "./mock/server.mjs";

const mock = await start(0);
const base = `http://127.0.0.1:${mock.address().port}`;
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ baseURL: base, viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
const page = await context.newPage();
page.setDefaultTimeout(8000);
const faults = [];
page.on("pageerror", (error) => faults.push(error.message));
await page.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) => console.error(`CSP ${event.violatedDirective}`)));
page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && faults.push(message.text()));

async function step(name, run) {
  try {
    await run();
    console.log(`ok    ${name}`);
  } catch (error) {
    faults.push(name);
    console.log(`FAULT ${name}\n      ${error.message.split("\n").slice(0, 4).join("\n      ")}`);
  }
}

const button = (name) => page.getByRole("button", { name, exact: true });
const item = (name) => page.getByRole("menuitem", { name, exact: true });
const dialog = () => page.getByRole("dialog");
const seen = (text) => page.getByText(text).first().waitFor();
const gone = (locator) => locator.waitFor({ state: "detached" });
const question = () => page.getByRole("textbox", { name: "Your question" });

await step("a refused sign-up shows the faults at their fields", async () => {
  await page.goto("/signup");
  await page.getByLabel("Name").fill("You");
  await page.getByLabel("E-mail").fill("not an address");
  await page.getByLabel("Password", { exact: true }).fill("password1");
  await button("Create account").click();
  await seen("This is not an e-mail address.");
  await seen("This password is too common.");
});

await step("sign-up leads to the overview", async () => {
  await page.getByLabel("E-mail").fill("you+seeded@example.com");
  await page.getByLabel("Organization").fill("Example");
  await page.getByLabel("Password", { exact: true }).fill("Planed-oak-42");
  await button("Create account").click();
  await page.getByRole("heading", { name: "Example", exact: true }).waitFor();
});

await step("no token is kept where scripts can read it", async () => {
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage, cookie: document.cookie }));
  if (/token|session/i.test(kept)) throw new Error(kept);
});

await step("Enter sends, Shift+Enter does not, and the answer cites", async () => {
  await page.goto("/chat");
  await question().fill("When does annual leave");
  await question().press("Shift+Enter");
  await question().pressSequentially("carry over?");
  await question().press("Enter");
  await page.getByRole("button", { name: /^Citation 1/ }).first().waitFor();
  await page.waitForURL(/\/chat\/.+/);
});

await step("a cut stream goes on by itself, with nothing twice", async () => {
  await button("Copy answer").first().waitFor();
  await question().fill("cut: which incidents are of severity 1 and which refunds need approval?");
  await question().press("Enter");
  await button("Copy answer").nth(1).waitFor();
  const heard = await page.getByRole("article", { name: "Answer" }).last().innerText();
  await page.reload();
  await button("Copy answer").nth(1).waitFor();
  const stored = await page.getByRole("article", { name: "Answer" }).last().innerText();
  if (heard !== stored) throw new Error(`heard ${heard}\nstored ${stored}`);
});

await step("an answer goes on while its reader is elsewhere", async () => {
  await question().fill("slow: how are refunds handled?");
  await question().press("Enter");
  await button("Stop the answer").waitFor();
  await page.getByRole("link", { name: "Usage" }).click();
  await page.getByRole("heading", { name: "Usage" }).waitFor();
  await page.goBack();
  await button("Stop the answer").click();
  await seen(/^Stopped/);
});

await step("a question the server refuses can be asked again", async () => {
  await question().fill("refuse this");
  await question().press("Enter");
  await seen("The provider cannot be reached.");
  await button("Ask again").waitFor();
  await page.reload();
});

await step("a citation opens its passage; Esc closes it and returns the focus", async () => {
  const chip = page.getByRole("button", { name: /^Citation 1/ }).first();
  await chip.click();
  await page.locator("aside mark").waitFor();
  await page.keyboard.press("Escape");
  await gone(page.locator("aside mark"));
  if (!(await chip.evaluate((element) => element === document.activeElement))) throw new Error("the focus went elsewhere");
});

await step("a conversation is renamed and deleted", async () => {
  await page.getByRole("button", { name: /^Actions for/ }).first().click();
  await item("Rename").click();
  await dialog().getByLabel("Name").fill("Leave and refunds");
  await button("Save").click();
  await gone(dialog());
  await page.getByRole("heading", { name: "Leave and refunds" }).waitFor();
  await page.getByRole("button", { name: "Actions for Leave and refunds" }).click();
  await item("Delete").click();
  await button("Delete conversation").click();
  await page.waitForURL(/\/chat$/);
  await gone(page.getByRole("link", { name: "Leave and refunds" }));
});

await step("a changed CSRF token is fetched anew", async () => {
  await page.goto("/documents");
  await button("Paste text").click();
  await dialog().getByLabel("Title").fill("Opening hours");
  await dialog().getByLabel("Text").fill("The desk is open from 9 to 17 on weekdays.");
  await button("Add document").click();
  await gone(dialog());
  await page.evaluate(async () => {
    const token = (await (await fetch("/api/csrf-token")).json()).data.csrf_token;
    const me = (await (await fetch("/api/auth/me")).json()).data;
    await fetch(`/api/orgs/${me.organization.id}/switch`, { method: "POST", headers: { "X-CSRF-Token": token } });
  });
  await page.getByRole("button", { name: "Actions for Opening hours" }).click();
  await item("Rename").click();
  await dialog().getByLabel("Name").fill("Desk hours");
  await button("Save").click();
  await page.getByRole("link", { name: "Desk hours" }).waitFor();
});

await step("a failing document says why and is replaced", async () => {
  await page.locator("input[type=file][multiple]").setInputFiles({ name: "fail-scan.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
  await seen("The file could not be read: it holds no text.");
  await page.getByRole("link", { name: "Desk hours" }).click();
  await page.getByLabel("New file for Desk hours").setInputFiles({ name: "hours.md", mimeType: "text/markdown", buffer: Buffer.from("# Hours\n\nThe desk is open around the clock.") });
  await seen("open around the clock");
});

await step("collections are made, filled, filtered by and deleted", async () => {
  await page.goto("/documents");
  await button("Collections").click();
  await dialog().getByLabel("New collection").fill("Front desk");
  await dialog().getByRole("button", { name: "Add" }).click();
  await dialog().getByText("Front desk").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Actions for Desk hours" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Front desk" }).click();
  await page.getByLabel("Collection", { exact: true }).selectOption({ label: "Front desk" });
  await seen("1 document");
  await page.getByRole("link", { name: "Desk hours" }).waitFor();
});

await step("a document is deleted", async () => {
  await page.getByRole("button", { name: "Actions for Desk hours" }).click();
  await item("Delete").click();
  await button("Delete document").click();
  await seen("No document fits this filter");
});

await step("a failed search says so and can be tried again", async () => {
  await page.getByLabel("Search in documents").fill("fail");
  await seen("The search failed");
  await button("Try again").waitFor();
  await page.getByText(/^Request/).waitFor();
});

await step("a key is made, shown once, renamed and revoked", async () => {
  await page.goto("/keys");
  await button("Create key").click();
  await dialog().getByLabel("Name").fill("Robot");
  await dialog().getByRole("button", { name: "Create key" }).click();
  const secret = await page.getByLabel("The new key").innerText();
  if (!secret.startsWith("tn_live_")) throw new Error(secret);
  await page.getByRole("tab", { name: "curl" }).press("ArrowRight");
  await dialog().getByText("from openai import OpenAI").waitFor();
  await button("Done").click();
  if ((await page.content()).includes(secret)) throw new Error("the key is still on the page");
  await page.getByRole("button", { name: "Actions for Robot" }).click();
  await item("Rename").click();
  await dialog().getByLabel("Name").fill("Automaton");
  await button("Save").click();
  await page.getByRole("button", { name: "Actions for Automaton" }).click();
  await item("Revoke").click();
  await button("Revoke key").click();
  await gone(page.getByRole("cell", { name: "Automaton", exact: true }));
});

await step("a provider is connected, tested, edited, turned off and removed", async () => {
  await page.goto("/providers");
  await page.getByLabel("Search the catalogue").fill("anthropic");
  await page.getByRole("button", { name: /Anthropic/ }).last().click();
  await dialog().getByLabel("API key", { exact: true }).fill("bad-key-1234");
  await button("Connect").click();
  await gone(dialog());
  const test = page.getByRole("listitem").filter({ hasText: "api.anthropic.com" }).getByRole("button", { name: "Test" });
  await test.click();
  await seen("The provider refused the key.");
  await page.getByRole("button", { name: "Actions for Anthropic" }).click();
  await item("Edit").click();
  await dialog().getByLabel("API key", { exact: true }).fill("good-key-5678");
  await button("Save").click();
  await gone(dialog());
  await test.click();
  await seen("The key works.");
  await page.getByRole("button", { name: "Actions for Anthropic" }).click();
  await item("Turn off").click();
  await page.getByText("Off", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Actions for Anthropic" }).click();
  await item("Remove").click();
  await button("Remove provider").click();
  await gone(page.getByRole("button", { name: "Actions for Anthropic" }));
});

await step("usage changes its period, grouping and chart", async () => {
  await page.goto("/usage");
  await page.locator("canvas").waitFor();
  await page.getByRole("radio", { name: "7 days" }).click();
  await seen("7 days, UTC");
  await page.getByRole("radio", { name: "Tokens" }).click();
  await page.getByLabel("Group by").selectOption("key");
  await page.getByRole("cell", { name: /Production/ }).first().waitFor();
  await page.getByRole("table", { name: "Recent calls" }).getByRole("button").first().click();
  await dialog().getByText("First token").waitFor();
});

await step("profile, organization and password are changed", async () => {
  await page.goto("/settings");
  await page.getByLabel("Name").fill("Someone");
  await button("Save").click();
  await page.getByRole("button", { name: /Someone/ }).waitFor();
  await page.goto("/settings/organization");
  await page.getByLabel("Domain").fill("example.com");
  await button("Save").click();
  await seen("Organization saved");
  await page.goto("/settings/security");
  await page.getByLabel("Current password", { exact: true }).fill("wrong");
  await page.getByLabel("New password", { exact: true }).fill("Planed-oak-43");
  await button("Change password").click();
  await seen("This is not the current password.");
  await page.getByLabel("Current password", { exact: true }).fill("Planed-oak-42");
  await button("Change password").click();
  await seen("Password changed");
});

await step("an authenticator is set up, its codes shown once, and turned off", async () => {
  await page.goto("/settings/security");
  await button("Set up").click();
  await page.getByRole("img", { name: /QR code/ }).waitFor();
  await dialog().getByLabel("One-time code").fill("111111");
  await button("Turn on").click();
  await seen("is not the one that the authenticator shows now");
  await dialog().getByLabel("One-time code").fill("123 456");
  await button("Turn on").click();
  const codes = await page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem").allInnerTexts();
  if (codes.length !== 10) throw new Error(String(codes));
  const file = page.waitForEvent("download");
  await button("Download").click();
  if ((await file).suggestedFilename() !== "tenon-recovery-codes.txt") throw new Error("another file");
  await button("I have kept them").click();
  if ((await page.content()).includes(codes[0])) throw new Error("the codes are still on the page");
  await seen("You have 10 codes left.");
  await button("Make new codes").click();
  await dialog().getByRole("button", { name: "Make new codes" }).click();
  await page.getByRole("list", { name: "Recovery codes" }).waitFor();
  await button("I have kept them").click();
  await button("Turn off").click();
  await dialog().getByRole("button", { name: "Turn off" }).click();
  await seen("Any authenticator app will do.");
  await gone(button("Make new codes"));
});

await step("a service is linked and unlinked", async () => {
  await page.getByRole("link", { name: "Link GitHub" }).click();
  await seen("Service linked");
  if (new URL(page.url()).search) throw new Error(page.url());
  await button("Unlink GitHub").click();
  await button("Unlink").click();
  await page.getByRole("link", { name: "Link GitHub" }).waitFor();
  await page.goto("/settings/security?error=identity_taken");
  await seen("Your account at the other service is linked to another account here.");
});

await step("the theme is chosen and kept", async () => {
  await page.goto("/settings/appearance");
  await page.getByRole("radio", { name: "Dark" }).click();
  await page.reload();
  const theme = await page.evaluate(() => document.documentElement.dataset.theme);
  if (theme !== "dark") throw new Error(String(theme));
});

await step("the palette is worked by keys alone", async () => {
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("providers");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/providers$/);
});

await step("an organization is added and switched", async () => {
  await page.getByRole("button", { name: /Change organization/ }).click();
  await item("New organization").click();
  await dialog().getByLabel("Name").fill("Second");
  await button("Create and switch").click();
  await page.getByRole("heading", { name: "Second" }).waitFor();
  await seen("0 documents");
  await page.getByRole("button", { name: /Change organization/ }).click();
  await page.getByRole("menuitemcheckbox", { name: /Example/ }).click();
  await page.getByRole("heading", { name: "Example", exact: true }).waitFor();
});

await step("an ended session leads to the login and back to where one was", async () => {
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  await context.clearCookies();
  await page.getByRole("link", { name: "Providers" }).click();
  await page.waitForURL(/\/login\?next=%2Fproviders/);
  await page.getByLabel("E-mail").fill("you+seeded@example.com");
  await page.getByLabel("Password", { exact: true }).fill("Planed-oak-43");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/providers$/);
  await page.getByRole("heading", { name: "Providers" }).waitFor();
});

await step("a foreign address is not gone to after login", async () => {
  await page.goto("/login?next=//example.com/");
  await page.getByRole("heading", { name: "Example", exact: true }).waitFor();
});

await step("logging out ends the session", async () => {
  await page.getByRole("button", { name: /Account menu/ }).click();
  await item("Log out").click();
  await page.waitForURL(/\/login/);
  await page.goBack().catch(() => undefined);
  await page.getByRole("heading", { name: "Log in" }).waitFor();
});

await step("a service that was not gone through with says so", async () => {
  await page.getByRole("link", { name: "Continue with Google" }).click();
  await seen("You did not go through with it");
});

const signUp = async (email) => {
  await page.goto("/signup");
  await page.getByLabel("Name").fill("You");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Organization").fill("Example");
  await page.getByLabel("Password", { exact: true }).fill("Planed-oak-42");
  await button("Create account").click();
  await page.getByRole("heading", { name: "Example", exact: true }).waitFor();
};

await step("the second step of a login takes a code, and refuses a wrong one", async () => {
  await signUp("you+mfa@example.com");
  await context.clearCookies();
  await page.goto("/login?next=/usage");
  await page.getByLabel("E-mail").fill("you+mfa@example.com");
  await page.getByLabel("Password", { exact: true }).fill("Planed-oak-42");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "One more step" }).waitFor();
  await button("Use a recovery code").click();
  await page.getByLabel("Recovery code").fill("none of them");
  await page.keyboard.press("Enter");
  await seen("The code is not right.");
  await button("Use a one-time code").click();
  await page.getByLabel("One-time code").fill("123456");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/usage$/);
});

await step("who must show who they are is asked once, and what they asked for is done", async () => {
  await context.clearCookies();
  await signUp("you+stale@example.com");
  await page.goto("/keys");
  await button("Create key").first().click();
  await dialog().getByLabel("Name").fill("Proven");
  await dialog().getByRole("button", { name: "Create key" }).click();
  await page.getByRole("dialog", { name: "Is it still you?" }).getByRole("button", { name: "Cancel" }).click();
  await seen("Nothing was done, because you did not confirm that it is you.");
  if ((await dialog().getByLabel("Name").inputValue()) !== "Proven") throw new Error("what was typed is gone");
  await dialog().getByRole("button", { name: "Create key" }).click();
  await page.getByLabel("Your password", { exact: true }).fill("Planed-oak-42");
  await page.keyboard.press("Enter");
  await page.getByLabel("The new key").waitFor();
});

await step("somebody acts for a person, after a proof, and it ends at the login", async () => {
  await context.clearCookies();
  await signUp("you+admin+stale@example.com");
  await page.getByRole("link", { name: "People" }).click();
  await page.getByLabel("Find people").fill("person1@");
  await seen("1 person");
  await page.getByRole("link", { name: "Support", exact: true }).click();
  await button("Act as them").click();
  await dialog().getByLabel("Reason").fill("A question of theirs");
  await page.getByRole("dialog", { name: /^Act as/ }).getByRole("button", { name: "Act as them" }).click();
  await page.getByLabel("Your password", { exact: true }).fill("Planed-oak-42");
  await page.keyboard.press("Enter");
  await seen("You are acting for");
  await gone(page.getByRole("link", { name: "People" }));
  await button("End").click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
});

await step("an account that others depend on is not deleted, and the dialog says why", async () => {
  await signUp("you+admin@example.com");
  await page.goto("/admin/people");
  await page.getByRole("link", { name: "Sales", exact: true }).click();
  await dialog().getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByLabel("Their e-mail, to confirm").fill("person2@example.com");
  await button("Delete account").click();
  await seen("Others would be left without an owner in: Example Labs.");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await gone(dialog());
});

await step("an organization is deleted by its name and restored", async () => {
  await page.getByRole("link", { name: "Organizations" }).click();
  await page.getByRole("button", { name: "Actions for Branch office" }).click();
  await item("Delete").click();
  await page.getByLabel("Its name, to confirm").fill("Branch office");
  await button("Delete organization").click();
  await seen("Organization deleted");
  await page.getByRole("button", { name: "Actions for Branch office" }).click();
  await item("Restore").click();
  await seen("Organization restored");
});

await step("a domain is claimed, opened for joining, and removed", async () => {
  await page.goto("/settings/domains");
  await button("Add domain").click();
  await dialog().getByLabel("Domain").fill("taken.example.com");
  await dialog().getByRole("button", { name: "Add domain" }).click();
  await button("Check now").click();
  await seen("Another organization has verified this domain.");
  await page.getByRole("button", { name: "Actions for taken.example.com" }).click();
  await item("Remove").click();
  await button("Remove domain").click();
  await seen("None yet.");
  await button("Add domain").click();
  await dialog().getByLabel("Domain").fill("example.net");
  await dialog().getByRole("button", { name: "Add domain" }).click();
  await button("Check now").click();
  await seen("The record is there");
  const told = page.waitForResponse((response) => response.request().method() === "PATCH");
  await page.getByRole("switch").check();
  await told;
  await page.getByRole("combobox", { name: /Role/ }).selectOption("member");
  await page.waitForFunction(() => document.querySelector("select")?.value === "member");
  await page.reload();
  if (!(await page.getByRole("switch").isChecked())) throw new Error("it was not kept");
});

await step("what may be joined is joined, and one is there", async () => {
  await context.clearCookies();
  await signUp("you+joins@example.com");
  await page.getByRole("button", { name: "Join Example Labs" }).click();
  await page.getByRole("heading", { name: "Example Labs", exact: true }).waitFor();
  await seen("You joined Example Labs");
});

await browser.close();
mock.close();
mock.closeAllConnections();
console.log(faults.length ? `${faults.length} faults:\n${faults.join("\n")}` : "no faults");
process.exitCode = faults.length ? 1 : 0;
