import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { api, data, type NewApiKey } from "@tenon/api";
import { Button, Callout, CheckboxRow, CopyButton, Dialog, Field, Input, Select } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { keysKey } from "./queries";
import { SCOPES, STANDARD_SCOPES } from "./scopes";
import { Snippets } from "./snippets";
import styles from "./keys.module.css";

const LIFETIMES = [
  { days: 0, says: "Does not expire" },
  { days: 30, says: "30 days" },
  { days: 90, says: "90 days" },
  { days: 365, says: "One year" },
];

export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState(0);
  const [scopes, setScopes] = useState<readonly string[]>(STANDARD_SCOPES);
  const client = useQueryClient();
  const create = useMutation({
    mutationFn: () =>
      data(api.POST("/api/keys", { body: { name: name.trim(), scopes: [...scopes], ...(days > 0 && { expires_at: new Date(Date.now() + days * 86_400_000).toISOString() }) } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keysKey });
      void client.invalidateQueries({ queryKey: ["dashboard"] });
    },
  });

  if (create.data) return <MadeKey made={create.data} onClose={onClose} />;

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Create an API key"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="new-key" busy={create.isPending} disabled={!name.trim() || scopes.length === 0}>
            Create key
          </Button>
        </>
      }
    >
      <form
        id="new-key"
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <FormProblem error={create.error} shown={["name", "scopes", "expires_at"]} />
        <Field label="Name" hint="What will use it, so that you know it again." error={faultOf(create.error, "name")}>
          <Input value={name} maxLength={255} placeholder="Production backend" onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Expires" error={faultOf(create.error, "expires_at")}>
          <Select value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {LIFETIMES.map((lifetime) => (
              <option key={lifetime.days} value={lifetime.days}>
                {lifetime.says}
              </option>
            ))}
          </Select>
        </Field>
        <fieldset className={styles.scopeSet}>
          <legend>What it may do</legend>
          {faultOf(create.error, "scopes")?.map((fault) => (
            <p key={fault} className={styles.fault} role="alert">
              {fault}
            </p>
          ))}
          <div className={styles.scopeGrid}>
            {SCOPES.map(({ scope, does }) => (
              <CheckboxRow
                key={scope}
                label={does}
                detail={<code>{scope}</code>}
                checked={scopes.includes(scope)}
                onChange={(event) => setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((other) => other !== scope))}
              />
            ))}
          </div>
        </fieldset>
      </form>
    </Dialog>
  );
}

function MadeKey({ made, onClose }: { made: NewApiKey; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="lg"
      title={`“${made.name}” is ready`}
      footer={
        <Button tone="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className="stack">
        <Callout tone="warning" icon={<TriangleAlert />}>
          Copy the key now and keep it safe. It is stored as a hash and cannot be shown again.
        </Callout>
        <div className={styles.secret}>
          <code aria-label="The new key">{made.key}</code>
          <CopyButton text={made.key} label="Copy key" showLabel tone="primary" />
        </div>
        <Snippets secret={made.key} />
      </div>
    </Dialog>
  );
}
