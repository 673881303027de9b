import { EmailSection } from "./email";
import { PasswordSection } from "./password";
import { ProfileSection } from "./profile";

export function AccountSection() {
  return (
    <>
      <ProfileSection />
      <EmailSection />
      <PasswordSection />
    </>
  );
}
