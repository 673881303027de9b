import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, Ellipsis, Pencil, Power, Trash2 } from "lucide-react";
import { api, data, done, type CatalogueEntry, type Provider } from "@tenon/api";
import { Badge, Button, ConfirmDialog, IconButton, Menu, MenuItem, MenuSeparator, toast } from "@tenon/ui";
import { explain, tellFailure } from "../../app/failure";
import { milliseconds } from "../../app/format";
import { ProviderForm } from "./provider-form";
import { Monogram } from "./providers";
import { providersKey } from "./queries";
import styles from "./providers.module.css";

export function ProviderRow({ provider, entry, mayManage }: { provider: Provider; entry: CatalogueEntry | undefined; mayManage: boolean }) {
  const [editing, setEditing] = useState(false);
  const [removing, setRemoving] = useState(false);
  const client = useQueryClient();
  const path = { id: provider.id };
  const title = entry?.name ?? provider.provider;

  const changed = () => {
    void client.invalidateQueries({ queryKey: providersKey });
    void client.invalidateQueries({ queryKey: ["models"] });
    void client.invalidateQueries({ queryKey: ["dashboard"] });
  };
  const test = useMutation({ mutationFn: () => data(api.POST("/api/providers/{id}/test", { params: { path } })) });
  const turn = useMutation({
    mutationFn: (is_active: boolean) => data(api.PATCH("/api/providers/{id}", { params: { path }, body: { is_active } })),
    onSuccess: changed,
    onError: tellFailure("The provider could not be changed"),
  });
  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/providers/{id}", { params: { path } })),
    onSuccess: () => {
      setRemoving(false);
      changed();
      toast.done("Provider removed", title);
    },
    onError: tellFailure("The provider could not be removed"),
  });

  return (
    <li className={styles.row}>
      <Monogram name={title} />
      <div className={styles.about}>
        <div className={styles.name}>
          {title}
          {provider.name !== provider.provider && <span className={styles.alias}>{provider.name}</span>}
        </div>
        <div className={styles.sub}>
          {provider.base_url}
          {provider.key_hint && <code className={styles.hint}>{provider.key_hint}</code>}
        </div>
        <div role="status">
          {test.data && (
            <div className={styles.result} data-ok={test.data.ok}>
              {test.data.ok ? <CircleCheck size={14} aria-hidden /> : <CircleAlert size={14} aria-hidden />}
              <span>
                {test.data.message} {test.data.status !== null && `Status ${test.data.status}, `}
                {milliseconds(test.data.latency_ms)}
                {test.data.models.length > 0 && `. Models: ${test.data.models.slice(0, 6).join(", ")}${test.data.models.length > 6 ? ` and ${test.data.models.length - 6} more` : ""}`}
              </span>
            </div>
          )}
          {test.isError && (
            <div className={styles.result} data-ok={false}>
              <CircleAlert size={14} aria-hidden />
              <span>{explain(test.error)}</span>
            </div>
          )}
        </div>
      </div>
      {!provider.is_active && <Badge>Off</Badge>}
      {mayManage && (
        <>
          <Button size="sm" busy={test.isPending} onClick={() => test.mutate()}>
            Test
          </Button>
          <Menu trigger={<IconButton label={`Actions for ${title}`} size="sm" icon={<Ellipsis />} />}>
            <MenuItem icon={<Pencil />} onSelect={() => setEditing(true)}>
              Edit
            </MenuItem>
            <MenuItem icon={<Power />} onSelect={() => turn.mutate(!provider.is_active)}>
              {provider.is_active ? "Turn off" : "Turn on"}
            </MenuItem>
            <MenuSeparator />
            <MenuItem icon={<Trash2 />} danger onSelect={() => setRemoving(true)}>
              Remove
            </MenuItem>
          </Menu>
        </>
      )}
      {editing && <ProviderForm provider={provider} entry={entry} onClose={() => setEditing(false)} />}
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title={`Remove ${title}?`}
        description="Its key is deleted and its models can no longer be called. Recorded usage stays."
        action="Remove provider"
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </li>
  );
}
