import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus, Trash2 } from "lucide-react";
import { api, data, done, type Collection } from "@tenon/api";
import { Button, ConfirmDialog, Dialog, Field, IconButton, Input, SkeletonRows } from "@tenon/ui";
import { FormProblem, LoadProblem, faultOf, tellFailure } from "../../app/failure";
import { plural } from "../../app/format";
import { RenameDialog } from "../../app/rename-dialog";
import { collectionsKey, collectionsQuery, documentsKey } from "./queries";
import styles from "./collections.module.css";

export function CollectionsDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const client = useQueryClient();
  const collections = useQuery(collectionsQuery);
  const add = useMutation({
    mutationFn: () => data(api.POST("/api/knowledge/collections", { body: { name: name.trim() } })),
    onSuccess: () => {
      setName("");
      void client.invalidateQueries({ queryKey: collectionsKey });
    },
  });

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Collections" description="Group documents, and let a conversation search only some of them.">
      <div className="stack">
        <form
          className={styles.add}
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim()) add.mutate();
          }}
        >
          <Field label="New collection" error={faultOf(add.error, "name")}>
            <Input value={name} maxLength={255} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Button type="submit" icon={<Plus />} busy={add.isPending} disabled={!name.trim()}>
            Add
          </Button>
        </form>
        <FormProblem error={add.error} shown={["name"]} />
        {collections.isPending && <SkeletonRows rows={2} label="Loading collections" />}
        {collections.isError && <LoadProblem error={collections.error} onRetry={() => void collections.refetch()} />}
        {collections.data && collections.data.length === 0 && <p className={styles.none}>No collections yet. Documents without one are searched as well.</p>}
        {collections.data && collections.data.length > 0 && (
          <ul className={styles.rows}>
            {collections.data.map((collection) => (
              <Row key={collection.id} collection={collection} />
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}

function Row({ collection }: { collection: Collection }) {
  const [renaming, setRenaming] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const client = useQueryClient();
  const path = { id: collection.id };
  const rename = useMutation({
    mutationFn: (name: string) => data(api.PATCH("/api/knowledge/collections/{id}", { params: { path }, body: { name } })),
    onSuccess: () => {
      setRenaming(false);
      void client.invalidateQueries({ queryKey: collectionsKey });
    },
  });
  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/knowledge/collections/{id}", { params: { path } })),
    onSuccess: () => {
      setDeleting(false);
      void client.invalidateQueries({ queryKey: collectionsKey });
      void client.invalidateQueries({ queryKey: documentsKey });
    },
    onError: tellFailure("The collection could not be deleted"),
  });
  return (
    <li className={styles.row}>
      <span className={styles.name}>{collection.name}</span>
      <span className={styles.count}>{plural(collection.document_count, "document")}</span>
      <IconButton label={`Rename ${collection.name}`} size="sm" icon={<Pencil />} onClick={() => setRenaming(true)} />
      <IconButton label={`Delete ${collection.name}`} size="sm" icon={<Trash2 />} onClick={() => setDeleting(true)} />
      {renaming && <RenameDialog title="Rename collection" name={collection.name} field="name" mutation={rename} onClose={() => setRenaming(false)} />}
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title="Delete this collection?"
        description={`“${collection.name}” will be gone.`}
        action="Delete collection"
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </li>
  );
}
