import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type OrganizationRole } from "@tenon/api";
import { Button, Dialog, Field, Input, Select, toast } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { useMe } from "../auth/me";
import { invitationsKey, rolesKey } from "./queries";

export function InviteDialog({ roles, onClose }: { roles: readonly OrganizationRole[]; onClose: () => void }) {
  const { organization } = useMe();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("member");
  const client = useQueryClient();
  const chosen = roles.find(({ name }) => name === role);
  const invite = useMutation({
    mutationFn: () => data(api.POST("/api/orgs/{id}/invitations", { params: { path: { id: organization.id } }, body: { email: email.trim(), role } })),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: invitationsKey });
      void client.invalidateQueries({ queryKey: rolesKey });
      toast.done("Invitation sent", `The link in the letter to ${made.email} works once, for 7 days.`);
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Invite to the organization"
      description={`They get a letter with a link to join ${organization.name}.`}
      size="sm"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="invite" busy={invite.isPending} disabled={!email.trim()}>
            Send invitation
          </Button>
        </>
      }
    >
      <form
        id="invite"
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate();
        }}
      >
        <FormProblem error={invite.error} shown={["email", "role"]} />
        <Field label="E-mail" error={faultOf(invite.error, "email")}>
          <Input type="email" value={email} maxLength={254} autoComplete="off" placeholder="name@example.com" onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Field label="Role" error={faultOf(invite.error, "role")} hint={chosen?.description}>
          <Select value={role} onChange={(event) => setRole(event.target.value)}>
            {roles
              .filter(({ name }) => name !== "owner")
              .map(({ name }) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
          </Select>
        </Field>
      </form>
    </Dialog>
  );
}
