import { useRef, useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, Ellipsis, Pencil, RefreshCw, Trash2 } from "lucide-react";
import { api, data, done, type KnowledgeDocument } from "@tenon/api";
import { ConfirmDialog, IconButton, Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator, toast } from "@tenon/ui";
import { tellFailure } from "../../app/failure";
import { RenameDialog } from "../../app/rename-dialog";
import { usePermission } from "../auth/me";
import { collectionsKey, collectionsQuery, documentQuery, documentsKey } from "./queries";
import { upload } from "./uploads";
import { ACCEPTED } from "./documents";

export function DocumentActions({ document, onDeleted }: { document: KnowledgeDocument; onDeleted?: () => void }) {
  const [renaming, setRenaming] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const client = useQueryClient();
  const mayWrite = usePermission("knowledge.write");
  const collections = useQuery(collectionsQuery).data ?? [];
  const path = { id: document.id };

  const changed = (next: KnowledgeDocument) => {
    client.setQueryData(documentQuery(next.id).queryKey, next);
    void client.invalidateQueries({ queryKey: documentsKey });
    void client.invalidateQueries({ queryKey: collectionsKey });
  };

  const rename = useMutation({
    mutationFn: (title: string) => data(api.PATCH("/api/knowledge/documents/{id}", { params: { path }, body: { title } })),
    onSuccess: (next) => {
      changed(next);
      setRenaming(false);
    },
  });

  const move = useMutation({
    mutationFn: (collection_id: string | null) => data(api.PATCH("/api/knowledge/documents/{id}", { params: { path }, body: { collection_id } })),
    onSuccess: changed,
    onError: tellFailure("The document could not be moved"),
  });

  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/knowledge/documents/{id}", { params: { path } })),
    onSuccess: () => {
      setDeleting(false);
      onDeleted?.();
      client.removeQueries({ queryKey: documentQuery(document.id).queryKey });
      void client.invalidateQueries({ queryKey: [...documentsKey, "list"] });
      void client.invalidateQueries({ queryKey: collectionsKey });
      void client.invalidateQueries({ queryKey: ["dashboard"] });
      toast.done("Document deleted", document.title);
    },
    onError: tellFailure("The document could not be deleted"),
  });

  return (
    <>
      <Menu trigger={<IconButton label={`Actions for ${document.title}`} size="sm" icon={<Ellipsis />} />}>
        <MenuItem icon={<Download />} onSelect={() => window.location.assign(`/api/knowledge/documents/${document.id}/file`)}>
          Download original
        </MenuItem>
        {mayWrite && (
          <>
            <MenuItem icon={<Pencil />} onSelect={() => setRenaming(true)}>
              Rename
            </MenuItem>
            <MenuItem icon={<RefreshCw />} onSelect={() => input.current?.click()}>
              Replace with a new file
            </MenuItem>
            {collections.length > 0 && (
              <>
                <MenuSeparator />
                <MenuLabel>Collection</MenuLabel>
                <MenuChoice checked={document.collection_id === null} onSelect={() => move.mutate(null)}>
                  None
                </MenuChoice>
                {collections.map((collection) => (
                  <MenuChoice key={collection.id} checked={document.collection_id === collection.id} onSelect={() => move.mutate(collection.id)}>
                    {collection.name}
                  </MenuChoice>
                ))}
              </>
            )}
            <MenuSeparator />
            <MenuItem icon={<Trash2 />} danger onSelect={() => setDeleting(true)}>
              Delete
            </MenuItem>
          </>
        )}
      </Menu>
      <input
        ref={input}
        type="file"
        accept={ACCEPTED}
        hidden
        aria-label={`New file for ${document.title}`}
        onChange={(event) => {
          if (event.target.files?.length) upload([...event.target.files], { documentId: document.id });
          event.target.value = "";
        }}
      />
      {renaming && <RenameDialog title="Rename document" name={document.title} field="title" mutation={rename} onClose={() => setRenaming(false)} />}
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title="Delete this document?"
        description={`“${document.title}” will no longer be found or cited. Answers already given keep their quotes.`}
        action="Delete document"
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </>
  );
}
