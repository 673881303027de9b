import { FactorsSection } from "../factors/factors";
import { IdentitiesSection } from "../oauth/identities";
import { PasswordSection } from "./password";
import { SessionsSection } from "./sessions";

export function SecuritySection() {
  return (
    <>
      <PasswordSection />
      <FactorsSection />
      <IdentitiesSection />
      <SessionsSection />
    </>
  );
}
