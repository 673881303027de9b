import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Building2, Ellipsis, Trash2, Undo2 } from "lucide-react";
import { useSearchParams } from "wouter";
import { api, data, type AnyOrganization } from "@tenon/api";
import { Badge, IconButton, Menu, MenuItem, Page, PageHeader, Table, Td, Th, toast } from "@tenon/ui";
import { tellFailure } from "../../app/failure";
import { count, onDate, onDateTime, plural } from "../../app/format";
import { usePageTitle } from "../../app/page-title";
import { meKey, useMe } from "../auth/me";
import { useSettled } from "../knowledge/use-settled";
import styles from "./admin.module.css";
import { Listing } from "./listing";
import { OrganizationRemoval, removedAt } from "./organization-removal";
import { adminKey, organizationsQuery } from "./queries";

const WORDS = { find: "Find organizations", placeholder: "Name or domain", loading: "Loading organizations", none: "No organization is called that", hint: "Part of a name or domain is enough.", one: "organization", many: "organizations" };

export default function Organizations() {
  usePageTitle("Organizations");
  const [search, setSearch] = useSearchParams();
  const [wanted, setWanted] = useState(search.get("q") ?? "");
  const [page, setPage] = useState(1);
  const organizations = useQuery(organizationsQuery({ page, q: useSettled(wanted.trim(), 200) }));

  return (
    <Page>
      <PageHeader title="Organizations">Every organization of this installation, newest first, with how much is in it.</PageHeader>
      <Listing
        list={organizations}
        words={WORDS}
        icon={<Building2 />}
        wanted={wanted}
        onWanted={(next) => {
          setWanted(next);
          setPage(1);
          if (search.has("q")) setSearch({}, { replace: true });
        }}
        page={page}
        onPage={setPage}
      >
        {({ data: rows }) => (
          <Table label="Organizations">
            <thead>
              <tr>
                <Th>Organization</Th>
                <Th wideOnly numeric>
                  Members
                </Th>
                <Th wideOnly numeric>
                  Documents
                </Th>
                <Th wideOnly numeric>
                  Conversations
                </Th>
                <Th wideOnly numeric>
                  API keys
                </Th>
                <Th wideOnly numeric>
                  Created
                </Th>
                <Th tight>
                  <span className="visually-hidden">Actions</span>
                </Th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.id} organization={row} />
              ))}
            </tbody>
          </Table>
        )}
      </Listing>
    </Page>
  );
}

function Row({ organization }: { organization: AnyOrganization }) {
  const [deleting, setDeleting] = useState(false);
  const client = useQueryClient();
  const me = useMe();
  const restore = useMutation({
    mutationFn: () => data(api.POST("/api/admin/orgs/{id}/restore", { params: { path: { id: organization.id } } })),
    onSuccess: (restored) => {
      void client.invalidateQueries({ queryKey: adminKey });
      void client.invalidateQueries({ queryKey: meKey });
      toast.done("Organization restored", `The members of ${restored.name} are in it again.`);
    },
    onError: tellFailure("The organization could not be restored"),
  });
  const { deleted_at: deleted } = organization;
  return (
    <tr>
      <Td>
        <div className={styles.organization}>
          <span className={styles.badges}>
            <span className={styles.plainName}>{organization.name}</span>
            {organization.id === me.organization.id && <Badge>Yours now</Badge>}
            {deleted && <Badge tone="danger">Deleted</Badge>}
          </span>
          {organization.domain && <span className={styles.sub}>{organization.domain}</span>}
          {deleted && (
            <span className={styles.sub} title={onDateTime(deleted)}>
              {organization.deleted_by_admin ? "By an administrator" : "By an owner"}, removed for good on {onDate(removedAt(deleted))}
            </span>
          )}
          <span className={styles.holdings}>
            <span>{plural(organization.member_count, "member")},</span> <span>{plural(organization.document_count, "document")},</span> <span>{plural(organization.conversation_count, "conversation")},</span>{" "}
            <span>{plural(organization.key_count, "API key")}</span>
          </span>
        </div>
      </Td>
      <Td wideOnly numeric>
        {count(organization.member_count)}
      </Td>
      <Td wideOnly numeric>
        {count(organization.document_count)}
      </Td>
      <Td wideOnly numeric>
        {count(organization.conversation_count)}
      </Td>
      <Td wideOnly numeric>
        {count(organization.key_count)}
      </Td>
      <Td wideOnly numeric title={onDateTime(organization.created_at)} className={styles.faint}>
        {onDate(organization.created_at)}
      </Td>
      <Td tight>
        <Menu trigger={<IconButton label={`Actions for ${organization.name}`} size="sm" icon={<Ellipsis />} busy={restore.isPending} />}>
          {deleted ? (
            <MenuItem icon={<Undo2 />} onSelect={() => restore.mutate()}>
              Restore
            </MenuItem>
          ) : (
            <MenuItem icon={<Trash2 />} danger onSelect={() => setDeleting(true)}>
              Delete
            </MenuItem>
          )}
        </Menu>
        {deleting && <OrganizationRemoval organization={organization} onClose={() => setDeleting(false)} />}
      </Td>
    </tr>
  );
}
