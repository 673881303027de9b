import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type OrganizationRole } from "@tenon/api";
import { Button, CheckboxRow, Dialog, Field, Input, toast } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { meKey, useMe } from "../auth/me";
import { SCOPES } from "../keys/scopes";
import styles from "./orgs.module.css";
import { membersKey, rolesKey } from "./queries";

export function RoleDialog({ role, onClose }: { role: OrganizationRole | null; onClose: () => void }) {
  const me = useMe();
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [permissions, setPermissions] = useState<readonly string[]>(role?.permissions ?? ["knowledge.read", "conversations.read"]);
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), description: description.trim(), permissions: [...permissions] };
      const path = { id: me.organization.id };
      return role?.id
        ? data(api.PATCH("/api/orgs/{id}/roles/{role_id}", { params: { path: { ...path, role_id: role.id } }, body }))
        : data(api.POST("/api/orgs/{id}/roles", { params: { path }, body }));
    },
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: rolesKey });
      void client.invalidateQueries({ queryKey: membersKey });
      void client.invalidateQueries({ queryKey: meKey });
      toast.done(role ? "Role changed" : "Role made", saved.name);
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={role ? `Change “${role.name}”` : "New role"}
      description={role ? "It holds at once for everybody who has it." : "Nobody can give more than they may do themselves."}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="role" busy={save.isPending} disabled={!name.trim()}>
            {role ? "Save" : "Make role"}
          </Button>
        </>
      }
    >
      <form
        id="role"
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <FormProblem error={save.error} shown={["name", "description", "permissions"]} />
        <Field label="Name" error={faultOf(save.error, "name")}>
          <Input value={name} maxLength={60} placeholder="Support" onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Description" optional error={faultOf(save.error, "description")}>
          <Input value={description} maxLength={500} onChange={(event) => setDescription(event.target.value)} />
        </Field>
        <fieldset className={styles.permissionSet}>
          <legend>What it may do</legend>
          {faultOf(save.error, "permissions")?.map((fault) => (
            <p key={fault} className={styles.fault} role="alert">
              {fault}
            </p>
          ))}
          <div className={styles.permissionGrid}>
            {SCOPES.map(({ scope, does }) => (
              <CheckboxRow
                key={scope}
                label={does}
                detail={<code>{scope}</code>}
                checked={permissions.includes(scope)}
                disabled={!me.permissions.includes(scope)}
                onChange={(event) => setPermissions(event.target.checked ? [...permissions, scope] : permissions.filter((other) => other !== scope))}
              />
            ))}
          </div>
        </fieldset>
      </form>
    </Dialog>
  );
}
