import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Fingerprint, Pencil, Plus, Trash2 } from "lucide-react";
import { api, data, done, type Passkey } from "@tenon/api";
import { Badge, Button, Card, ConfirmDialog, Dialog, Field, IconButton, Input, Menu, MenuItem, SkeletonRows, toast } from "@tenon/ui";
import { FormProblem, LoadProblem, faultOf, tellFailure } from "../../app/failure";
import { ago, onDate, onDateTime } from "../../app/format";
import { RenameDialog } from "../../app/rename-dialog";
import { deviceOf } from "../settings/device";
import settings from "../settings/settings.module.css";
import { NewCodes } from "./recovery-codes";
import { factorsKey, passkeysQuery } from "./queries";
import { makePasskey, passkeysWork } from "./webauthn";

/** Keys that devices keep: they sign in by themselves, or after a password. */
export function Passkeys() {
  const [adding, setAdding] = useState(false);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const passkeys = useQuery(passkeysQuery);
  return (
    <Card
      title="Passkeys"
      description="Log in by fingerprint, face or PIN of a device, or by a security key. Nothing has to be typed, and nothing can be phished."
      footer={
        passkeysWork ? (
          <Button icon={<Plus />} onClick={() => setAdding(true)}>
            Add a passkey
          </Button>
        ) : (
          <span className={settings.footNote}>This browser has passkeys over https and on localhost alone.</span>
        )
      }
      flush
    >
      {passkeys.isPending && <SkeletonRows bare rows={1} label="Loading passkeys" />}
      {passkeys.isError && !passkeys.data && <LoadProblem bare error={passkeys.error} onRetry={() => void passkeys.refetch()} />}
      {passkeys.data?.length === 0 && <p className={settings.none}>You have none yet.</p>}
      <ul className={settings.rows} aria-label="Passkeys">
        {passkeys.data?.map((passkey) => (
          <Row key={passkey.id} passkey={passkey} />
        ))}
      </ul>
      {adding && (
        <AddDialog
          onClose={() => setAdding(false)}
          onMade={(fresh) => {
            setAdding(false);
            setCodes(fresh.length > 0 ? fresh : null);
          }}
        />
      )}
      {codes && <NewCodes codes={codes} onClose={() => setCodes(null)} />}
    </Card>
  );
}

function Row({ passkey }: { passkey: Passkey }) {
  const [renaming, setRenaming] = useState(false);
  const [removing, setRemoving] = useState(false);
  const client = useQueryClient();
  const path = { id: passkey.id };
  const changed = () => void client.invalidateQueries({ queryKey: factorsKey });
  const rename = useMutation({
    mutationFn: (name: string) => data(api.PATCH("/api/auth/passkeys/{id}", { params: { path }, body: { name } })),
    onSuccess: () => {
      setRenaming(false);
      changed();
    },
  });
  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/auth/passkeys/{id}", { params: { path } })),
    onSuccess: () => {
      changed();
      toast.done("Passkey removed", `“${passkey.name}” logs in no more.`);
    },
    onError: tellFailure("The passkey could not be removed"),
    onSettled: () => setRemoving(false),
  });
  return (
    <li className={settings.row}>
      <Fingerprint size={18} aria-hidden />
      <div className={settings.rowText}>
        <div className={settings.rowTitle}>
          {passkey.name}
          {passkey.backed_up && <Badge>On several devices</Badge>}
        </div>
        <div className={settings.rowSub} title={onDateTime(passkey.created_at)}>
          Added {onDate(passkey.created_at)}, {passkey.last_used ? `used ${ago(passkey.last_used)}` : "not used yet"}
        </div>
      </div>
      <Menu trigger={<IconButton label={`Actions for ${passkey.name}`} size="sm" icon={<Ellipsis />} />}>
        <MenuItem icon={<Pencil />} onSelect={() => setRenaming(true)}>
          Rename
        </MenuItem>
        <MenuItem icon={<Trash2 />} danger onSelect={() => setRemoving(true)}>
          Remove
        </MenuItem>
      </Menu>
      {renaming && <RenameDialog title="Rename passkey" name={passkey.name} field="name" mutation={rename} onClose={() => setRenaming(false)} />}
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title="Remove this passkey?"
        description={`“${passkey.name}” can log in no more. Delete it on the device as well, which would go on offering it.`}
        action="Remove passkey"
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </li>
  );
}

function AddDialog({ onClose, onMade }: { onClose: () => void; onMade: (codes: readonly string[]) => void }) {
  const [name, setName] = useState(deviceOf(navigator.userAgent));
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: async () => {
      const credential = await makePasskey(await data(api.POST("/api/auth/passkeys/options")));
      return data(api.POST("/api/auth/passkeys", { body: { name: name.trim(), credential } }));
    },
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: factorsKey });
      toast.done("Passkey added", `“${made.name}” logs in from now on.`);
      onMade(made.recovery_codes);
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="sm"
      title="Add a passkey"
      description="Your browser asks next where it is to be kept."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="add-passkey" busy={add.isPending} disabled={!name.trim()}>
            Go on
          </Button>
        </>
      }
    >
      <form
        id="add-passkey"
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <FormProblem error={add.error} shown={["name"]} />
        <Field label="Name" hint="So that you know it again in the list." error={faultOf(add.error, "name")}>
          <Input value={name} maxLength={100} onChange={(event) => setName(event.target.value)} onFocus={(event) => event.target.select()} />
        </Field>
      </form>
    </Dialog>
  );
}
