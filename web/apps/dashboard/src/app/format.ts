/** Numbers, money and times as people read them. */

const whole = new Intl.NumberFormat("en-US");
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

export const count = (n: number) => whole.format(n);
export const compact = (n: number) => (Math.abs(n) < 10_000 ? whole.format(n) : short.format(n));

export function plural(n: number, one: string, many = `${one}s`) {
  return `${whole.format(n)} ${n === 1 ? one : many}`;
}

/** Calls cost fractions of a cent; two digits would show most of them as nothing. */
export function dollars(micros: number): string {
  const value = Math.round(micros) / 1_000_000;
  const size = Math.abs(value);
  if (size === 0 || size >= 1) return inDollars(value, 2, 2);
  return size >= 0.01 ? inDollars(value, 4, 4) : inDollars(value, 4, 6);
}

/** For the large figures, where the sum matters and not its last digits. */
export const dollarsInShort = (micros: number) => (Math.abs(micros) >= 10_000 ? inDollars(micros / 1_000_000, 2, 2) : dollars(micros));

/** For an axis, whose steps are round. */
export const dollarsOnAxis = (micros: number) => (Math.abs(micros) >= 10_000 || micros === 0 ? inDollars(micros / 1_000_000, 2, 2) : inDollars(micros / 1_000_000, 2, 6));

function inDollars(value: number, least: number, most: number): string {
  return new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", minimumFractionDigits: least, maximumFractionDigits: most }).format(value);
}

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  if (n < 1_000_000) return `${(n / 1000).toFixed(n < 10_000 ? 1 : 0)} KB`;
  return `${(n / 1_000_000).toFixed(1)} MB`;
}

export const milliseconds = (n: number) => (n < 1000 ? `${Math.round(n)} ms` : `${(n / 1000).toFixed(2)} s`);

/** A time to wait, rounded up: nobody is sent back too early. */
export function duration(seconds: number): string {
  if (seconds < 100) return plural(Math.ceil(seconds), "second");
  return seconds < 100 * 60 ? plural(Math.ceil(seconds / 60), "minute") : plural(Math.ceil(seconds / 3600), "hour");
}

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const dayAndMonth = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", timeZone: "UTC" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

export const onDateTime = (time: string) => dateTime.format(new Date(time));
export const onDate = (time: string) => date.format(new Date(time));
export const onDay = (day: string) => dayAndMonth.format(new Date(`${day}T00:00:00Z`));

export function ago(time: string): string {
  const seconds = (new Date(time).getTime() - Date.now()) / 1000;
  const past = Math.abs(seconds);
  if (past < 45) return "just now";
  if (past < 3600) return relative.format(Math.round(seconds / 60), "minute");
  if (past < 86_400) return relative.format(Math.round(seconds / 3600), "hour");
  if (past < 7 * 86_400) return relative.format(Math.round(seconds / 86_400), "day");
  return onDate(time);
}
