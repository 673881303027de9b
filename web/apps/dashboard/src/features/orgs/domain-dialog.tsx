import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@tenon/api";
import { Button, Dialog, Field, Input } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { useMe } from "../auth/me";
import { domainsKey } from "./queries";

export function DomainDialog({ onClose }: { onClose: () => void }) {
  const { organization } = useMe();
  const [domain, setDomain] = useState("");
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: () => data(api.POST("/api/orgs/{id}/domains", { params: { path: { id: organization.id } }, body: { domain: domain.trim() } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: domainsKey });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Add a domain"
      description="You are shown which record to add to its DNS. When it is found, the domain is confirmed."
      size="sm"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="add-domain" busy={add.isPending} disabled={!domain.trim()}>
            Add domain
          </Button>
        </>
      }
    >
      <form
        id="add-domain"
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <FormProblem error={add.error} shown={["domain"]} />
        <Field label="Domain" hint="What stands behind the @ in your addresses." error={faultOf(add.error, "domain")}>
          <Input value={domain} maxLength={253} autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder="example.com" onChange={(event) => setDomain(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
