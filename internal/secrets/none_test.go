package secrets_test

import (
	"testing"

	"github.com/simexp/exparchive/internal/secrets"
)

// TestScan_none: what is in every run and in every text about runs is no secret.
func TestScan_none(t *testing.T) {
	for _, text := range []string{
		// runs
		`{"total_tokens": 6005, "prompt_tokens": 1200, "max_tokens_per_call": 4096}`,
		`{"policy_id": "BANK_A-003", "parameters": {"initial_liquidity_fraction": 0.4}, "seed": 3735928559}`,
		`sha256:b14adcaed0def95046c4e912b95a3722660e05caf3e1b7fc5df0db46f9168103`,
		`exp1-20251215-084901-866d63 123e4567-e89b-12d3-a456-426614174000`,
		`the secret of the policy is to release early`,
		`key-value stores; task-list; risk-adjusted-returns-of-2025-and-2026`,
		`anthropic:claude-sonnet-4-5-20250929`,
		`{"model": "gpt-4o-2024-08-06", "system_fingerprint": "fp_44709d6fcb"}`,
		`"id": "chatcmpl-AbC123dEf456GhI789jKl012mNo34"`,
		`"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "tool_use_id": "toolu_01A09q90qw90lq917835lq9"`,
		`"logprobs": {"tokens": ["The", " bank", "42abc"], "token": " liquid1ty"}`,
		`"eos_token": "<|endoftext|>", "pad_token": "[PAD]", "bos_token": "<s>"`,
		`tokenizer: cl100k_base, tokenizer_name_or_path: meta-llama/Llama-3.1-8B-Instruct`,
		`"next_page_token": "CAUQAA1b2c3d4e5f6g7h8", "continuation_token": "1b2c3d4e5f6g7h8i9j0k"`,
		`cache_key: a1b2c3d4e5f60718293a4b5c6d7e8f90`,
		`state_key = 4f2a9c1d7be84f2a9c1d7be8`,
		`run_key: exp1-20251215-084901-866d63`,
		`"session_id": "123e4567-e89b-12d3-a456-426614174000"`,
		`key = 'agent_1_policy_v2_of_2025'`,
		`PASS: TestReplay2 (0.01s)`,
		`pass: true, fail: 0`,
		`bypass=Enabled2now, compass: north4east`,
		// code
		`api_key = os.environ["ANTHROPIC_API_KEY"]`,
		`api_key=os.getenv("OPENAI_API_KEY")`,
		`api_key = config.providers.openai.api_key`,
		`api_key=api_key, token=token, password=db_password`,
		`password = getpass.getpass()`,
		`password = read_password("db")`,
		`self.password = self.settings.password`,
		`def login(user: str, password: str, token: Optional[str] = None) -> bool:`,
		`password: SecretStr = Field(...)`,
		`type Config struct { Password string; APIKey string }`,
		`fields = ["username", "password", "email", "token"]`,
		`{"required": ["api_key", "model_name"]}`,
		`token = base64.b64encode(data); creds = standard_b64encode(x); key = derive2Key64(x)`,
		`password = split_auth_from_netloc(netloc); password = new_password; passwd: HTTPPasswordMgr`,
		`private_key: ed25519.Ed25519PrivateKey, key: PKCS12PrivateKeyTypes, credentials: OAuth2Credentials`,
		`"secret": "#/definitions/MCPServerOAuth2Credentials"`,
		`tokens = "limit|log10|login|logout2|ls2F|migrate"`,
		`{"keys": ["6.864181956477376E-4", "123e4567-e89b-12d3-a456-426614174000"]}`,
		`ClientRequestToken: f4c94ed7-238d-4c46-93db-48cd62ec33b7, idempotency_token: 1a2b3c4d5e6f7a8b9c0d`,
		`arn:aws:secretsmanager:us-east-1:123456789012:secret:MyTestDatabase1-a1b2c3`,
		`<user>:<password>@proxy-host2 and <token>abc123def456ghi789`,
		`if line[pw] = pos1char2:`,
		`primary_key = event_type_index_2`,
		`session_key_version: config.settings.v2.default`,
		`public_key = "9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit"`,
		`PublicKeyToken=b77a5c561934e089`,
		`partition_key="Zf3D0LXCM3EIMbgJpUNnkRtO", sort_key="Zf3D0LXCM3EIMbgJpUNnkRtO"`,
		`<Object mapKey="R648-MF-DEPARTURE1b" />`,
		`keyboard = "us-intl-2a3b4c5d6e7f8g"`,
		`monkey=Zf3D0LXCM3EIMbgJpUNnkRtO`,
		`@dataclass(frozen=True) def f(self) -> None`,
		`y = a@b.transpose() + w@x.T + X@W.mean`,
		`import { token } from "./token-1a2b3c4d5e6f7g8h"`,
		`csrf_token: "Zf3D0LXCM3EIMbgJpUNnkRtO"`,
		`token_url = "https://login.host/oauth2/v1/token"`,
		`secret_name: prod/db/credentials2, secret_arn: arn:aws:secretsmanager:us-east-1:123456789012:secret:db-Ab1Cd2`,
		`secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-Ab1Cd2"`,
		`GOOGLE_APPLICATION_CREDENTIALS=/etc/keys/service1a2b.json`,
		`key_id: 0a1b2c3d4e5f60718293, kms_key_id: 555ea4a3-d53a-4412-9c66-3a7cb667b0d6`,
		`credentialsId: 'ff083f76-7804-4ef1-80e4-fe975bb9141b'`,
		`author = "james fake", authority: host2a3b4c5d6e7f8g9h`,
		`mysql -p runs; docker run -p 8080:80 -u 1000:1000 image; ssh -p 2222 host; mkdir -p a/b`,
		`python train.py -p 0.5 -u bot; cp -p a b; tool -u bot -p 8080`,
		`curl -u user:password https://host; curl -u "$USER:$PASS" https://host`,
		`--token-limit 4096 --max-tokens 1000 --password-file /run/pw --api-key KEY`,
		`tool --password --verbose`,
		`usage: tool [--api-key API_KEY] [--password PASSWORD]`,
		"API_KEY=\nMODEL_NAME=claude-sonnet-4-5-20250929\n",
		`"token": null, "secret": true, "api_key": 12345678901234567890`,
		`git@github.com:org/repo.git`,
		`logo@2x.png, package@1.2.js, crate@0.3.rs, @types/node@18.0.0`,
		`next = get_token("page_2_of_the_run"), password("Enter your password"), auth=("user","password")`,
		`"auth": ["bearer","oauth2"], "password": ["This field is required2."]`,
		"password:\n  min_length: 8\nsecret:\n  name: db2prod\ntoken: |\n  the token of the user\nauth:\n  oauth2\n",
		"password,email\n1,2\n\ntoken,count\nthe,2\n",
		`tokens = tokenizer("Hello2World9 and more of it"), tokens = enc.encode("The bank paid 200, then 30")`,
		`secret = load("prod/db/creds2"), secrets = boto3.client("secretsmanager"), api_key = Column("api_key_2", String)`,
		`session_id="exp1-20251215-084901-866d63"`,
		`rawToken("-123456789.987654321E+0123456789")`,
		`a claim identified by "repeat" or 'name'`,
		"set -x\npass 12 tests; curl -U x; http -a b",
		`Co-Authored-By: Claude \u003cnoreply@anthropic.com\u003e`,
		// placeholders
		`api_key: ${OPENAI_API_KEY}`,
		`api_key: {{ vault.api_key_1a2b3c4d }}`,
		`api_key: $(cat /run/secrets/key1a2b)`,
		`"api_key": "your-api-key-goes-here-123"`,
		`"api_key": "<YOUR_API_KEY>"`,
		`"api_key": "sk-your-key-here-0123456789abcdef"`,
		`api_key = "dummy-1a2b3c4d5e6f7g8h"`,
		`api_key = "xxxxxxxxxxxxxxxx1234"`,
		`password: required`,
		`"password": "********", "token": "[redacted]", "secret": "REDACTED"`,
		`"password": null, "token": true`,
		`"password": "Enter your password"`,
		`"password": "must have at least 8 characters"`,
		`The password is required. The password was incorrect.`,
		`password = changeme; pwd=xxx; passwd: <password>`,
		`DB_PASSWORD=%DB_PASSWORD%; DB_PASSWORD=$DB_PASSWORD; password: !vault`,
		`postgres://user:password@localhost/db, mysql://root:${PW}@db/x, https://user:pass@host`,
		`OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`,
		`HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`,
		`sk-learn-based-estimators-are-slow-here`,
		`sk-risk-model-of-2025-final-version`,
		`ghp_XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX`,
		`hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX`,
		`xoxb-not-a-real-token-of-anybody`,
		`Authorization: Bearer <token>; Authorization: Bearer $TOKEN; Authorization: Basic`,
		`Authorization: AWS4-HMAC-SHA256 Credential=x`,
		`"access_token": "eyJ2IjoiMSIsInMiOjEsImMiOi...", "authKey": "0xS27kAIU_VHPjjAexample"`,
		`api_key: ExampleApiKey1a2b3c4d5e, secret: yourSecretKey1a2b3c4d`,
		`auth = "%s:%s1a2b3c4d5e6f"`,
		// what documents show
		`AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`,
		`aws_access_key_id = AKIAI44QH8DHBEXAMPLE` + "\n" + `aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY`,
		`stripe.api_key = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"`,
		`ghp_16C7e42F292c6912E7710c838347Ae178B4a`,
		`eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c`,
		`AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;`,
		`Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==`,
		`110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw`,
		`alice@example.com bob@mail.example.org me@host.test x@y.invalid you@yourdomain.com name@domain.com`,
		`no-reply@lab.org noreply@github.com 1234+bot@users.noreply.github.com do-not-reply@lab.org`,
		`root@ip-10-0-0-1.ec2.internal ubuntu@node1.local`,
		`https://bot:s3cr3t99@example.com/x`,
		`/home/user/x /home/runner/work /Users/you/x /home/ubuntu C:\Users\Public\x C:\Users\runneradmin\x`,
		`https://example.org/home/page/1 and http://host:8080/path@2`,
		`the path /api/home/settings`,
		`-----BEGIN CERTIFICATE-----`,
		`-----BEGIN PUBLIC KEY-----`,
		`ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGl1c3QgYSBwdWJsaWMga2V5IGhlcmUuLi4u`,
	} {
		for _, f := range secrets.Scan([]byte(text)) {
			t.Errorf("%s: got %s %q, want nothing", text, f.Kind, f.Secret)
		}
	}
}

// TestScan_words: words behind the prefix of a token are none.
func TestScan_words(t *testing.T) {
	for _, prefix := range []string{"sk-", "hf_", "gsk_", "ghp_", "xai-", "pplx-", "glpat-", "npm_", "api-", "sdk-", "pat-", "key-", "re_", "ak_", "live_"} {
		for _, rest := range []string{"of-the-bank-and-its-agents-in-2025-and-2026-and-later", "initial_liquidity_fraction_of_agent_a_and_b_by_iteration",
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "000000000000000000000000000000000000000000000000000"} {
			for _, f := range secrets.Scan([]byte("use " + prefix + rest + " here")) {
				t.Errorf("%s%s: got %s %q, want nothing", prefix, rest, f.Kind, f.Secret)
			}
		}
	}
}
