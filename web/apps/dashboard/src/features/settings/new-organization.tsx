import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api, body, data } from "@tenon/api";
import { Button, Dialog, Field, Input } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { useBeginSession } from "../auth/me";
import { OrJoin } from "../orgs/join-list";

export function NewOrganizationDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const [name, setName] = useState("");
  const [, navigate] = useLocation();
  const begin = useBeginSession();
  const create = useMutation({
    mutationFn: async () => {
      const { id } = await data(api.POST("/api/orgs", { body: { name: name.trim() } }));
      await body(api.POST("/api/orgs/{id}/switch", { params: { path: { id } } }));
    },
    onSuccess: async () => {
      onOpenChange(false);
      navigate("/");
      await begin();
    },
  });
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        onOpenChange(next);
        create.reset();
      }}
      size="sm"
      title="New organization"
      description="Documents, keys and usage of organizations are kept apart. You will be its owner."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button tone="primary" type="submit" form="new-organization" busy={create.isPending} disabled={!name.trim()}>
            Create and switch
          </Button>
        </>
      }
    >
      <form
        id="new-organization"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <FormProblem error={create.error} shown={["name"]} />
        <Field label="Name" error={faultOf(create.error, "name")}>
          <Input value={name} onChange={(event) => setName(event.target.value)} required maxLength={255} />
        </Field>
      </form>
      <OrJoin onJoined={() => onOpenChange(false)} />
    </Dialog>
  );
}
