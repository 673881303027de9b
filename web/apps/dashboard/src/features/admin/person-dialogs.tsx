import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api, data, done, type AccountInFull } from "@tenon/api";
import { Field, Input, toast } from "@tenon/ui";
import { useForgetSession, useMe, useMoveSession } from "../auth/me";
import { ActionDialog } from "./action-dialog";
import { ADMIN, organizationsKey, peopleKey, personQuery } from "./queries";

type Props = { person: AccountInFull; onClose: () => void };

function useChange({ person, onClose }: Props, told: (saved: { name: string }) => void) {
  const client = useQueryClient();
  const { user } = useMe();
  const [, navigate] = useLocation();
  const move = useMoveSession();
  return useMutation({
    mutationFn: (body: { is_active?: boolean; is_admin?: boolean }) => data(api.PATCH("/api/admin/users/{id}", { params: { path: { id: person.id } }, body })),
    onSuccess: async (saved) => {
      onClose();
      told(saved);
      if (person.id !== user.id) return client.invalidateQueries({ queryKey: peopleKey });
      /* One's own account: these pages may be one's no more. */
      navigate("/");
      await move(ADMIN);
    },
  });
}

export function ActivityDialog(props: Props) {
  const { person, onClose } = props;
  const shutting = person.is_active;
  const change = useChange(props, ({ name }) =>
    shutting ? toast.done("Account shut", `${name} is signed out, and nobody gets in with the account.`) : toast.done("Account opened", `${name} can log in as before.`),
  );
  return (
    <ActionDialog
      title={shutting ? `Shut the account of ${person.name}?` : `Open the account of ${person.name}?`}
      description={
        shutting
          ? "They are signed out everywhere at once. Nobody gets in with the account, and API keys they made sleep until it is opened again. Links that were sent to them are void."
          : "They can log in with the password they had, and API keys they made work again."
      }
      action={shutting ? "Shut account" : "Open account"}
      tone={shutting ? "danger" : "primary"}
      busy={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate({ is_active: !shutting })}
      onClose={onClose}
    />
  );
}

export function AdministratorDialog(props: Props) {
  const { person, onClose } = props;
  const taking = person.is_admin;
  const change = useChange(props, ({ name }) =>
    taking ? toast.done("No administrator any more", `${name} no longer looks after the installation.`) : toast.done("Administrator made", `${name} looks after the installation as you do.`),
  );
  return (
    <ActionDialog
      title={taking ? `Take administration from ${person.name}?` : `Make ${person.name} an administrator?`}
      description={taking ? "They see nothing of the installation any more, at once. Sessions in which they act for somebody end." : "They can shut and delete accounts and organizations, and act as anybody who is no administrator."}
      action={taking ? "Take it away" : "Make administrator"}
      tone={taking ? "danger" : "primary"}
      busy={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate({ is_admin: !taking })}
      onClose={onClose}
    />
  );
}

export function SignOutDialog({ person, onClose }: Props) {
  const client = useQueryClient();
  const { user } = useMe();
  const forget = useForgetSession();
  const signOut = useMutation({
    mutationFn: () => done(api.POST("/api/admin/users/{id}/sign-out", { params: { path: { id: person.id } } })),
    onSuccess: () => {
      onClose();
      toast.done("Signed out everywhere", `${person.name} has to log in again.`);
      if (person.id === user.id) return forget();
      void client.invalidateQueries({ queryKey: peopleKey });
    },
  });
  return (
    <ActionDialog
      title={`Sign ${person.name} out?`}
      description="Every session of theirs ends at once, on every device; API tokens among them stop working. They can log in again, and API keys go on."
      action="Sign out everywhere"
      busy={signOut.isPending}
      error={signOut.error}
      onConfirm={() => signOut.mutate()}
      onClose={onClose}
    />
  );
}

export function RemovalDialog({ person, onClose, onGone }: Props & { onGone: () => void }) {
  const [typed, setTyped] = useState("");
  const client = useQueryClient();
  const { user } = useMe();
  const forget = useForgetSession();
  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/admin/users/{id}", { params: { path: { id: person.id } } })),
    onSuccess: () => {
      onGone();
      toast.done("Account deleted", `${person.email} has no account here any more.`);
      if (person.id === user.id) return forget();
      client.removeQueries({ queryKey: personQuery(person.id).queryKey });
      void client.invalidateQueries({ queryKey: [...peopleKey, "list"] });
      void client.invalidateQueries({ queryKey: organizationsKey });
    },
  });
  return (
    <ActionDialog
      title={`Delete the account of ${person.name}?`}
      description="This cannot be undone. Their conversations and the API keys they made go with it, and organizations that are theirs alone are deleted. What they made in others stays, without their name."
      action="Delete account"
      busy={remove.isPending}
      error={remove.error}
      ready={typed.trim().toLowerCase() === person.email.toLowerCase()}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <Field label="Their e-mail, to confirm" hint={person.email}>
        <Input value={typed} autoComplete="off" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
      </Field>
    </ActionDialog>
  );
}
