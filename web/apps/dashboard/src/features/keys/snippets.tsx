import { useState } from "react";
import { CodeBlock, Tabs } from "@tenon/ui";

type Language = "curl" | "python" | "javascript";

function snippet(language: Language, secret: string, model: string): string {
  const base = `${window.location.origin}/v1`;
  switch (language) {
    case "curl":
      return `curl ${base}/chat/completions \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "${model}",
    "messages": [{"role": "user", "content": "Hello"}]
  }'`;
    case "python":
      return `from openai import OpenAI

client = OpenAI(
    base_url="${base}",
    api_key="${secret}",
)

answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`;
    case "javascript":
      return `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "${base}",
  apiKey: "${secret}",
});

const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`;
  }
}

const LANGUAGES = [
  { value: "curl", label: "curl" },
  { value: "python", label: "Python" },
  { value: "javascript", label: "JavaScript" },
] as const;

export function Snippets({ secret }: { secret: string | null }) {
  const [language, setLanguage] = useState<Language>("curl");
  return (
    <Tabs label="Language" value={language} onChange={setLanguage} tabs={LANGUAGES}>
      <CodeBlock label={`${LANGUAGES.find(({ value }) => value === language)?.label} example`} code={snippet(language, secret ?? "tn_live_…", "builtin/extract-1")} />
    </Tabs>
  );
}
