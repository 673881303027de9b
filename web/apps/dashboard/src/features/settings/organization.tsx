import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data, type Organization } from "@tenon/api";
import { Badge, Button, Callout, Card, Field, Input, SkeletonRows, toast } from "@tenon/ui";
import { FormProblem, LoadProblem, faultOf } from "../../app/failure";
import { onDate } from "../../app/format";
import { meKey, useMe, usePermission } from "../auth/me";
import { DeletedOrganizations } from "../orgs/deleted";
import { Ownership } from "../orgs/ownership";
import styles from "./settings.module.css";

export function OrganizationSection() {
  const { organization } = useMe();
  const id = organization.id;
  const current = useQuery({ queryKey: ["organization", id], queryFn: () => data(api.GET("/api/orgs/{id}", { params: { path: { id } } })) });
  if (current.isPending) return <SkeletonRows rows={3} label="Loading the organization" />;
  if (current.isError) return <LoadProblem error={current.error} onRetry={() => void current.refetch()} />;
  return (
    <>
      <OrganizationForm key={id} organization={current.data} />
      <Ownership />
      <DeletedOrganizations />
    </>
  );
}

function OrganizationForm({ organization }: { organization: Organization }) {
  const [name, setName] = useState(organization.name);
  const [domain, setDomain] = useState(organization.domain ?? "");
  const mayManage = usePermission("org.manage");
  const client = useQueryClient();
  const changed = name.trim() !== organization.name || domain.trim() !== (organization.domain ?? "");
  const save = useMutation({
    mutationFn: () =>
      data(
        api.PATCH("/api/orgs/{id}", {
          params: { path: { id: organization.id } },
          body: { ...(name.trim() !== organization.name && { name: name.trim() }), ...(domain.trim() !== (organization.domain ?? "") && { domain: domain.trim() || null }) },
        }),
      ),
    onSuccess: (saved) => {
      client.setQueryData(["organization", saved.id], saved);
      void client.invalidateQueries({ queryKey: meKey });
      toast.done("Organization saved");
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Card
        title="Organization"
        description={`Opened ${onDate(organization.created_at)}.`}
        actions={<Badge tone="accent">You are {organization.role}</Badge>}
        footer={
          mayManage && (
            <Button tone="primary" type="submit" busy={save.isPending} disabled={!name.trim() || !changed}>
              Save
            </Button>
          )
        }
      >
        <div className={`stack ${styles.fields}`}>
          {!mayManage && <Callout>Only owners and admins can change the organization.</Callout>}
          <FormProblem error={save.error} shown={["name", "domain"]} />
          <Field label="Name" error={faultOf(save.error, "name")}>
            <Input value={name} maxLength={255} disabled={!mayManage} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label="Domain" optional hint="The domain your organization is known by." error={faultOf(save.error, "domain")}>
            <Input value={domain} maxLength={255} placeholder="example.com" disabled={!mayManage} onChange={(event) => setDomain(event.target.value)} />
          </Field>
        </div>
      </Card>
    </form>
  );
}
