import { useEffect, useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, Ellipsis, KeyRound, Pencil, Plus, ShieldOff } from "lucide-react";
import { useSearchParams } from "wouter";
import { api, data, done, type ApiKey } from "@tenon/api";
import { Badge, Button, Card, ConfirmDialog, EmptyState, IconButton, Menu, MenuItem, Page, PageHeader, SkeletonRows, Table, Td, Th, Tooltip, toast } from "@tenon/ui";
import { LoadProblem, tellFailure } from "../../app/failure";
import { ago, onDate, onDateTime, plural } from "../../app/format";
import { usePageTitle } from "../../app/page-title";
import { RenameDialog } from "../../app/rename-dialog";
import { usePermission } from "../auth/me";
import { NewKeyDialog } from "./new-key";
import { KEYS_PAGE, keysKey, keysQuery } from "./queries";
import { Snippets } from "./snippets";
import styles from "./keys.module.css";

export default function Keys() {
  usePageTitle("API keys");
  const [search, setSearch] = useSearchParams();
  const [page, setPage] = useState(1);
  const [creating, setCreating] = useState(false);
  const mayManage = usePermission("keys.manage");
  const keys = useQuery(keysQuery(page));
  const asked = search.get("new") === "key";
  const total = keys.data?.meta.total ?? 0;

  useEffect(() => {
    if (!asked) return;
    setCreating(true);
    setSearch({}, { replace: true });
  }, [asked, setSearch]);

  const create = mayManage && (
    <Button tone="primary" icon={<Plus />} onClick={() => setCreating(true)}>
      Create key
    </Button>
  );

  return (
    <Page>
      <PageHeader title="API keys" actions={total > 0 && create}>
        A key lets a program act for this organization. Point any OpenAI SDK at this server with one.
      </PageHeader>
      {keys.isPending && <SkeletonRows rows={3} label="Loading keys" />}
      {keys.isError && !keys.data && <LoadProblem error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data && total === 0 && (
        <EmptyState icon={<KeyRound />} title="No API keys yet" action={create}>
          {mayManage ? "Create one to call models and search documents from your own code." : "An owner or admin of the organization can create keys."}
        </EmptyState>
      )}
      {keys.data && total > 0 && (
        <Table label="API keys">
          <thead>
            <tr>
              <Th>Name</Th>
              <Th wideOnly>Key</Th>
              <Th wideOnly>May</Th>
              <Th wideOnly>Created</Th>
              <Th>Last used</Th>
              <Th wideOnly>Expires</Th>
              <Th tight>
                <span className="visually-hidden">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {keys.data.data.map((key) => (
              <Row key={key.id} apiKey={key} mayManage={mayManage} />
            ))}
          </tbody>
        </Table>
      )}
      {total > KEYS_PAGE && (
        <div className={styles.pager}>
          <Button size="sm" icon={<ChevronLeft />} disabled={page <= 1} onClick={() => setPage(page - 1)}>
            Previous
          </Button>
          <Button size="sm" disabled={page * KEYS_PAGE >= total} onClick={() => setPage(page + 1)}>
            Next <ChevronRight />
          </Button>
        </div>
      )}
      <Card title="Use it from your code" description="The same address serves chat completions, embeddings and the list of models.">
        <Snippets secret={null} />
      </Card>
      {creating && <NewKeyDialog onClose={() => setCreating(false)} />}
    </Page>
  );
}

function Row({ apiKey, mayManage }: { apiKey: ApiKey; mayManage: boolean }) {
  const [renaming, setRenaming] = useState(false);
  const [revoking, setRevoking] = useState(false);
  const client = useQueryClient();
  const path = { id: apiKey.id };
  const expired = apiKey.expires_at !== null && new Date(apiKey.expires_at) < new Date();

  const rename = useMutation({
    mutationFn: (name: string) => data(api.PATCH("/api/keys/{id}", { params: { path }, body: { name } })),
    onSuccess: () => {
      setRenaming(false);
      void client.invalidateQueries({ queryKey: keysKey });
    },
  });
  const revoke = useMutation({
    mutationFn: () => done(api.DELETE("/api/keys/{id}", { params: { path } })),
    onSuccess: () => {
      setRevoking(false);
      void client.invalidateQueries({ queryKey: keysKey });
      void client.invalidateQueries({ queryKey: ["dashboard"] });
      toast.done("Key revoked", `“${apiKey.name}” works no more.`);
    },
    onError: tellFailure("The key could not be revoked"),
  });

  return (
    <tr>
      <Td className={styles.name}>{apiKey.name}</Td>
      <Td wideOnly>
        <code className={styles.prefix}>{apiKey.prefix}…</code>
      </Td>
      <Td wideOnly>
        <Tooltip content={apiKey.scopes.join(", ") || "Nothing"}>
          <button type="button" className={styles.scopes}>
            {plural(apiKey.scopes.length, "scope")}
          </button>
        </Tooltip>
      </Td>
      <Td wideOnly title={onDateTime(apiKey.created_at)}>
        {onDate(apiKey.created_at)}
      </Td>
      <Td>{apiKey.last_used ? <span title={onDateTime(apiKey.last_used)}>{ago(apiKey.last_used)}</span> : <span className={styles.never}>Never</span>}</Td>
      <Td wideOnly>{expired ? <Badge tone="danger">Expired</Badge> : apiKey.expires_at ? onDate(apiKey.expires_at) : <span className={styles.never}>Never</span>}</Td>
      <Td tight>
        {mayManage && (
          <Menu trigger={<IconButton label={`Actions for ${apiKey.name}`} size="sm" icon={<Ellipsis />} />}>
            <MenuItem icon={<Pencil />} onSelect={() => setRenaming(true)}>
              Rename
            </MenuItem>
            <MenuItem icon={<ShieldOff />} danger onSelect={() => setRevoking(true)}>
              Revoke
            </MenuItem>
          </Menu>
        )}
        {renaming && <RenameDialog title="Rename key" name={apiKey.name} field="name" mutation={rename} onClose={() => setRenaming(false)} />}
        <ConfirmDialog
          open={revoking}
          onOpenChange={setRevoking}
          title="Revoke this key?"
          description={`Programs that use “${apiKey.name}” are refused from now on. A revoked key cannot be brought back.`}
          action="Revoke key"
          busy={revoke.isPending}
          onConfirm={() => revoke.mutate()}
        />
      </Td>
    </tr>
  );
}
