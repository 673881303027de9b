import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api, body, type AccountInFull } from "@tenon/api";
import { Field, Input, Select } from "@tenon/ui";
import { faultOf } from "../../app/failure";
import { useMoveSession } from "../auth/me";
import { ActionDialog } from "./action-dialog";
import { ADMIN, adminKey } from "./queries";

/** Gives this browser's own session up for one in the person's name; the banner above every page ends it. */
export function ActingDialog({ person, onClose }: { person: AccountInFull; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const [place, setPlace] = useState(person.organizations[0]?.id ?? "");
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const move = useMoveSession();
  const act = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/admin/users/{id}/impersonate", {
          params: { path: { id: person.id } },
          body: { reason: reason.trim(), session: "cookie", ...(place && { organization_id: place }) },
        }),
      ),
    onSuccess: async () => {
      navigate("/");
      await move(ADMIN);
      client.removeQueries({ queryKey: adminKey });
    },
  });
  return (
    <ActionDialog
      title={`Act as ${person.name}?`}
      description="You see what they see, for an hour at most, and are logged out when it ends. They get a letter with your name and reason; both stay on record, and so does what you do."
      action="Act as them"
      tone="primary"
      busy={act.isPending}
      error={act.error}
      ready={reason.trim() !== ""}
      shown={["reason", "organization_id"]}
      onConfirm={() => act.mutate()}
      onClose={onClose}
    >
      <Field label="Reason" hint="They read it in the letter." error={faultOf(act.error, "reason")}>
        <Input value={reason} maxLength={500} autoComplete="off" placeholder="A question of theirs" onChange={(event) => setReason(event.target.value)} />
      </Field>
      {person.organizations.length > 1 && (
        <Field label="In the organization" error={faultOf(act.error, "organization_id")}>
          <Select value={place} onChange={(event) => setPlace(event.target.value)}>
            {person.organizations.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
      )}
    </ActionDialog>
  );
}
