/** Sums over the calls of a period. */
const NAMES = ["requests", "input_tokens", "output_tokens", "cost_micros", "baseline_micros", "saved_micros", "errors"];

export function usageRows(calls, query) {
  const by = query.get("group_by") ?? "day";
  const to = query.get("to") ? new Date(query.get("to")) : new Date();
  const from = query.get("from") ? new Date(query.get("from")) : new Date(to.getTime() - 29 * 86400000);
  const first = from.toISOString().slice(0, 10);
  const last = to.toISOString().slice(0, 10);
  const rows = new Map();
  const row = (group, label) => {
    if (!rows.has(group)) rows.set(group, { group, label, ...Object.fromEntries(NAMES.map((name) => [name, 0])) });
    return rows.get(group);
  };
  if (by === "day") {
    for (let day = Date.parse(first); day <= Date.parse(last); day += 86400000) {
      const name = new Date(day).toISOString().slice(0, 10);
      row(name, name);
    }
  }
  for (const call of calls) {
    const day = call.created_at.slice(0, 10);
    if (day < first || day > last) continue;
    const [group, label] = {
      day: [day, day], model: [call.model, call.model], provider: [call.provider, call.provider], feature: [call.feature, call.feature],
      key: [call.key_id ?? "none", call.key_name ?? "No key"], user: [call.user_id, "You"],
    }[by];
    const sums = row(group, label);
    sums.requests += 1;
    sums.errors += call.error ? 1 : 0;
    sums.saved_micros += call.baseline_micros - call.cost_micros;
    for (const name of ["input_tokens", "output_tokens", "cost_micros", "baseline_micros"]) sums[name] += call[name];
  }
  return [...rows.values()];
}
