/** A hundred of the words that are tried first, whatever digits and signs stand around them. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `password passwort passwordpassword qwerty qwertyuiop qwertyqwerty azerty abc abcd abcdef letmein welcome welcomewelcome
  monkey dragon master mastermaster sunshine princess football baseball basketball superman batman iloveyou iloveyouiloveyou
  trustno admin administrator adminadmin root rootroot login guest test testtest testing default changeme changemenow secret
  secretsecret topsecret shadow ashley michael jessica charlie jordan hunter killer freedom whatever computer internet
  starwars pokemon ginger cookie summer winter spring autumn january monday flower lovely hello helloworld hellohello
  samsung google apple microsoft qazwsx qazwsxedc zxcvbnm asdfgh asdfghjkl asdfasdf passw pass passpass passphrase
  correcthorsebatterystaple yankees liverpool chelsea arsenal matrix mustang harley corvette access accessaccess operator
  approver auditor centralbank sokkin sokkinsokkin sakura nihon japan`.split(/\s+/),
);
