import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type CatalogueEntry, type Provider } from "@tenon/api";
import { Button, Dialog, Field, Input, PasswordInput, toast } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { providersKey } from "./queries";

/** Adds a row of the catalogue, or changes what was added. */
export function ProviderForm({ provider, entry, onClose }: { provider?: Provider; entry: CatalogueEntry | undefined; onClose: () => void }) {
  const [name, setName] = useState(provider?.name ?? "");
  const [key, setKey] = useState("");
  const [address, setAddress] = useState(provider?.base_url ?? "");
  const client = useQueryClient();
  const title = entry?.name ?? provider?.provider ?? "";
  const needsAddress = entry ? entry.base_url === null : true;
  const standing = provider?.base_url ?? "";
  const movesKey = provider !== undefined && provider.key_hint !== null && address.trim() !== standing && key === "";

  const save = useMutation({
    mutationFn: () => {
      const changes = {
        ...(name.trim() && name.trim() !== provider?.name && { name: name.trim() }),
        ...(key && { api_key: key }),
        ...(address.trim() && address.trim() !== standing && { base_url: address.trim() }),
      };
      return provider
        ? data(api.PATCH("/api/providers/{id}", { params: { path: { id: provider.id } }, body: changes }))
        : data(api.POST("/api/providers", { body: { provider: entry?.provider ?? "", ...changes } }));
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: providersKey });
      void client.invalidateQueries({ queryKey: ["models"] });
      void client.invalidateQueries({ queryKey: ["dashboard"] });
      toast.done(provider ? "Provider saved" : `${title} is connected`, provider ? undefined : "Test it to see that its key works.");
      onClose();
    },
  });

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={provider ? `Edit ${title}` : `Connect ${title}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="provider" busy={save.isPending} disabled={!provider && ((entry?.needs_key && !key) || (needsAddress && !address.trim()))}>
            {provider ? "Save" : "Connect"}
          </Button>
        </>
      }
    >
      <form
        id="provider"
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <FormProblem error={save.error} shown={["name", "api_key", "base_url"]} />
        <Field
          label="API key"
          optional={!entry?.needs_key}
          error={faultOf(save.error, "api_key")}
          hint={
            provider?.key_hint ? (
              `Stored: ${provider.key_hint}. Leave this empty to keep it.`
            ) : entry?.docs_url ? (
              <a href={entry.docs_url} target="_blank" rel="noopener noreferrer">
                Where to find it
              </a>
            ) : undefined
          }
        >
          <PasswordInput value={key} autoComplete="off" onChange={(event) => setKey(event.target.value)} />
        </Field>
        <Field
          label="Address"
          optional={!needsAddress}
          error={faultOf(save.error, "base_url")}
          hint={movesKey ? "The stored key belongs to the old address and is cleared. Enter it again." : needsAddress ? "As the service's own SDK takes it, usually with /v1 at its end." : `Standard: ${entry?.base_url}`}
        >
          <Input type="url" inputMode="url" value={address} placeholder={entry?.base_url ?? "https://models.example.com/v1"} onChange={(event) => setAddress(event.target.value)} />
        </Field>
        <Field label="Name" optional error={faultOf(save.error, "name")} hint={needsAddress ? "Stands before the slash in its models' names." : "Tells two keys of the same provider apart."}>
          <Input value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
