package secrets_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/secrets"
)

const (
	key1 = "q7Rz0pLm4KxW2vTs9BdN" // of no issuer
	key2 = "Zf3D0LXCM3EIMbgJpUNnkRtO"
)

// found gives kind and secret of every finding in text.
func found(text string) (list []string) {
	for _, f := range secrets.Scan([]byte(text)) {
		list = append(list, f.Kind+" "+f.Secret)
	}
	return list
}

// TestScan_assigned: what is assigned to a name of a secret is found, however that is written.
func TestScan_assigned(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// code
		{`api_key = "K1"`, "assigned-secret K1"},
		{`apiKey: 'K1',`, "assigned-secret K1"},
		{`const openaiApiKey = "K1";`, "assigned-secret K1"},
		{`apiKey := "K1"`, "assigned-secret K1"},
		{`api_key: str = "K1"`, "assigned-secret K1"},
		{`api_key: Optional[str] = 'K1'`, "assigned-secret K1"},
		{`password: str | None = "hunter22"`, "password hunter22"},
		{`let api_key: &'static str = "K1";`, "assigned-secret K1"},
		{`private readonly apiKey: string = "K1";`, "assigned-secret K1"},
		{`private static final String API_KEY = "K1";`, "assigned-secret K1"},
		{`os.environ["API_KEY"] = "K1"`, "assigned-secret K1"},
		{`process.env.API_KEY = 'K1'`, "assigned-secret K1"},
		{`os.environ.setdefault("API_KEY", "K1")`, "assigned-secret K1"},
		{`key = os.getenv("API_KEY", "K1")`, "assigned-secret K1"},
		{`api_key = os.environ.get("API_KEY") or "K1"`, "assigned-secret K1"},
		{`const apiKey = process.env.API_KEY || "K1"`, "assigned-secret K1"},
		{`api_key = os.getenv("LAB_API_KEY", "K1")`, "assigned-secret K1"},
		{`setenv("API_KEY", "K1", 1);`, "assigned-secret K1"},
		{`client = Client("https://x", api_key="K1")`, "assigned-secret K1"},
		{`dict(token='K1')`, "assigned-secret K1"},
		{`api_key=SecretStr("K1")`, "assigned-secret K1"},
		{`$api_key => 'K1'`, "assigned-secret K1"},
		{`:api_key => "K1"`, "assigned-secret K1"},
		{`define('DB_PASSWORD', 'hunter22');`, "password hunter22"},
		{`api_key <- "K1"`, "assigned-secret K1"},
		{`if password == "hunter22":`, "password hunter22"},
		{`token = b"K1"`, "assigned-secret K1"},
		{"secret = `K1`", "assigned-secret K1"},
		{`api_key = """K1"""`, "assigned-secret K1"},
		{`variable "db_password" {` + "\n  type = string\n" + `  default = "hunter22"` + "\n}", "password hunter22"},
		{`$password = ConvertTo-SecureString "hunter22" -AsPlainText`, "password hunter22"},
		{`CREATE USER bot WITH PASSWORD 'hunter22';`, "password hunter22"},
		{`#define API_KEY "K1"`, "assigned-secret K1"},
		{`var apiKey string = "K1"`, "assigned-secret K1"},
		{`var apiKeys []string = []string{"K1"}`, "assigned-secret K1"},
		{`char api_key[41] = "K1";`, "assigned-secret K1"},
		{`$ENV{API_KEY} = 'K1';`, "assigned-secret K1"},
		{`$ENV{'API_KEY'} = 'K1';`, "assigned-secret K1"},
		{`key = os.environ.get('API_KEY', default='K1')`, "assigned-secret K1"},
		{`client.withToken("K1")`, "assigned-secret K1"},
		{`set_password( "hunter22")`, "password hunter22"},
		{`page.fill("#password", "hunter22")`, "password hunter22"},
		{`get(u, auth=("bot", "hunter22"))`, "password hunter22"},
		{`auth = requests.auth.HTTPBasicAuth('bot', 'hunter22')`, "password hunter22"},
		{`keys=("bot", "hunter22")`, ""},
		{"api_key = (\n    \"K1\"\n)", "assigned-secret K1"},
		{"api_key = \\\n    \"K1\"", "assigned-secret K1"},
		{`let api_key = String::from("K1");`, "assigned-secret K1"},
		{`token := []byte("K1")`, "assigned-secret K1"},
		{`CREATE USER bot IDENTIFIED BY 'hunter22';`, "password hunter22"},
		// environment and command lines
		{`set -gx API_KEY K1`, "assigned-secret K1"},
		{`"setenv API_KEY K1"`, "assigned-secret K1"},
		{`curl -ubot:hunter22 https://host/x`, "password hunter22"},
		{`curl -sSu bot:hunter22 https://host/x`, "password hunter22"},
		{`curl -U bot:hunter22 https://host/x`, "password hunter22"},
		{`curl --proxy-user bot:hunter22 https://host/x`, "password hunter22"},
		{`http -a bot:hunter22 host/x`, "password hunter22"},
		{`redis-server --requirepass hunter22`, "password hunter22"},
		{`export API_KEY=K1`, "assigned-secret K1"},
		{`API_KEY=K1 python run.py`, "assigned-secret K1"},
		{`${API_KEY:-K1}`, "assigned-secret K1"},
		{`ENV API_KEY K1`, "assigned-secret K1"},
		{`setx API_KEY "K1"`, "assigned-secret K1"},
		{`$env:API_KEY = "K1"`, "assigned-secret K1"},
		{`docker run -e API_KEY=K1 image`, "assigned-secret K1"},
		{`run.py --api-key K1 --seed 4`, "assigned-secret K1"},
		{`run.py --api-key=K1`, "assigned-secret K1"},
		{`run.py --api-key "K1"`, "assigned-secret K1"},
		{`run.py -api-key K1`, "assigned-secret K1"},
		{`["run.py", "--api-key", "K1", "--seed", "4"]`, "assigned-secret K1"},
		{`['run.py', '--token', 'K1']`, "assigned-secret K1"},
		{`args: ["--password", "hunter22"]`, "password hunter22"},
		{"args:\n  - --api-key\n  - K1\n", "assigned-secret K1"},
		{`mysql -u root -phunter22 runs`, "password hunter22"},
		{`sshpass -p hunter22 ssh bot@host`, "password hunter22"},
		{`["sshpass", "-p", "hunter22", "ssh"]`, "password hunter22"},
		{`docker login -u bot -p hunter22 registry`, "password hunter22"},
		{`tool -u bot -p 'hunter22'`, "password hunter22"},
		{`redis-cli -h cache -a hunter22`, "password hunter22"},
		{`curl -u bot:hunter22 https://host/x`, "password hunter22"},
		{"curl -s \\\n  --user 'bot:hunter22' https://host", "password hunter22"},
		{`openssl enc -aes256 -pass pass:hunter22`, "password hunter22"},
		{`mysql -u root -p hunter22`, "password hunter22"},
		{`["mysql","-u","root","-p","hunter22"]`, "password hunter22"},
		{`tool -p S3cr3tPassw0rd`, "password S3cr3tPassw0rd"},
		{`7z x -pS3cr3t archive.7z`, "password S3cr3t"},
		{`sqlcmd -S db -U sa -P hunter22`, "password hunter22"},
		{`ldapsearch -x -D cn=bot -w hunter22`, "password hunter22"},
		// configuration
		{"api_key: K1", "assigned-secret K1"},
		{"api_key: \"K1\" # of the lab", "assigned-secret K1"},
		{"db:\n  password: hunter22\n", "password hunter22"},
		{"[db]\npassword = hunter22\n", "password hunter22"},
		{"spring.datasource.password=hunter22", "password hunter22"},
		{`<password>hunter22</password>`, "password hunter22"},
		{`<apiKey type="x">K1</apiKey>`, "assigned-secret K1"},
		{`<add key="ApiKey" value="K1" />`, "assigned-secret K1"},
		{`<property><name>fs.s3a.secret.key</name><value>K1</value></property>`, "assigned-secret K1"},
		{"//registry.npmjs.org/:_authToken=K1", "assigned-secret K1"},
		{`{"auths": {"host": {"auth": "Ym90OmgxdW50ZXIyMg"}}}`, "assigned-secret Ym90OmgxdW50ZXIyMg"},
		{"Server=db;User Id=sa;Password=hunter22;", "password hunter22"},
		{"| api_key | K1 |", "assigned-secret K1"},
		{"**API key:** `K1`", "assigned-secret K1"},
		{"api_key: |\n  K1\n", "assigned-secret K1"},
		{"api_key: >-\n  K1\n", "assigned-secret K1"},
		{"api_key: !!str K1\n", "assigned-secret K1"},
		{"api_key: &it K1\nother: x", "assigned-secret K1"},
		{"api_key:\n  K1\n", "assigned-secret K1"},
		{"password:\n  length12:\n    x", ""},
		{`data: {password: aHVudGVyMjI="`, "password aHVudGVyMjI="},
		// names with more around them
		{`MY_API_KEY_2=K1`, "assigned-secret K1"},
		{`api_key_prod: K1`, "assigned-secret K1"},
		{`mySecretString="K1"`, "assigned-secret K1"},
		{`dbPassword="hunter22"`, "password hunter22"},
		{`admintoken=K1`, "assigned-secret K1"},
		{"password: correcthorsebattery", "password correcthorsebattery"},
		{`password1=hunter22`, "password hunter22"},
		{`DB_PASS=hunter22`, "password hunter22"},
		{`DB_PASSWORD=CorrectHorse`, "password CorrectHorse"},
		{`GITHUB_PAT=K1`, "assigned-secret K1"},
		{`creds = K1`, "assigned-secret K1"},
		{`"credentials" : "K1"`, "assigned-secret K1"},
		// JSON
		{`{"api_key":"K1"}`, "assigned-secret K1"},
		{"{\n  \"api_key\":\n    \"K1\"\n}", "assigned-secret K1"},
		{`{"cmd":"run --api-key \"K1\""}`, "assigned-secret K1"},
		{`{"password":"sunshine"}`, "password sunshine"},
		{`{"password":"a b{c}(d),1"}`, ""},
		{`{"password":"x{c}(d),1;"}`, "password x{c}(d),1;"},
		{`{"password":"$ecr3t!"}`, "password $ecr3t!"},
		{`{"password":"MyPassword123!"}`, "password MyPassword123!"},
		{`{"passphrase":"correct horse battery staple"}`, "password correct horse battery staple"},
		// pairs of a name and a value
		{`{"name":"api_key","value":"K1"}`, "assigned-secret K1"},
		{`{"name": "API_KEY", "type": "text", "value": "K1"}`, "assigned-secret K1"},
		{`{"key":"api_key","value":"K1","enabled":true}`, "assigned-secret K1"},
		{`{"value":"K1","name":"api_key"}`, "assigned-secret K1"},
		{`{"Name":"DB_PASSWORD","Value":"hunter22"}`, "password hunter22"},
		{"- name: API_KEY\n  value: K1\n", "assigned-secret K1"},
		{"- name: \"API_KEY\"\n  value: \"K1\"\n", "assigned-secret K1"},
		{`["api_key", "K1"]`, "assigned-secret K1"},
		{`("X-Auth-Token", "K1")`, "authorization-header K1"},
		{`{"k":"api_key","v":"K1"}`, "assigned-secret K1"},
		{`{"value":"K1","type":"text","key":"api_key"}`, "assigned-secret K1"},
		{`{"name":"--api-key","value":"K1"}`, "assigned-secret K1"},
		{"- value: K1\n  name: API_KEY\n", "assigned-secret K1"},
		{`<param name="apiKey">K1</param>`, "assigned-secret K1"},
		{`<entry key="password">hunter22</entry>`, "password hunter22"},
		{"<setting name=\"ApiKey\">\n  <value>K1</value></setting>", "assigned-secret K1"},
		{"form-data; name=\"api_key\"\r\nContent-Type: text/plain\r\n\r\nK1\r\n", "assigned-secret K1"},
		{"name,value\napi_key,K1\nseed,4\n", "assigned-secret K1"},
		{"api_key\tK1", "assigned-secret K1"},
		{"api_key,K1,4", ""},
		// lists
		{"api_key_list = ['K1']", "assigned-secret K1"},
		{`api_keys = set(["K1", "K2"])`, "assigned-secret K1, assigned-secret K2"},
		{`apiKeys := []string{"K1", "K2"}`, "assigned-secret K1, assigned-secret K2"},
		{`apiKeys = new String[]{"K1", "K2"};`, "assigned-secret K1, assigned-secret K2"},
		{`List<String> apiKeys = List.of("K1", "K2");`, "assigned-secret K1, assigned-secret K2"},
		{`api_keys: list[str] = ["K1", "K2"]`, "assigned-secret K1, assigned-secret K2"},
		{`let api_keys = vec!["K1", "K2"];`, "assigned-secret K1, assigned-secret K2"},
		{`const API_KEYS: &[&str] = &["K1", "K2"];`, "assigned-secret K1, assigned-secret K2"},
		{`api_keys = %w[K1 K2]`, "assigned-secret K1, assigned-secret K2"},
		{`api_keys = load(K1)`, ""},
		{`"api_keys": ["K1", "K2"]`, "assigned-secret K1, assigned-secret K2"},
		{"api_keys = [\n    'K1',\n    'K2',\n]", "assigned-secret K1, assigned-secret K2"},
		{"api_keys:\n  - K1\n  - \"K2\"\n", "assigned-secret K1, assigned-secret K2"},
		{"api_keys:\n  openai: K1 # one\n  other: K2\n", "assigned-secret K1, assigned-secret K2"},
		{"api_keys: [K1, K2]", "assigned-secret K1, assigned-secret K2"},
		{"api_keys: {openai: K1, other: K2}", "assigned-secret K1, assigned-secret K2"},
		{`{"keys": ["K1", "K2"]}`, "assigned-secret K1, assigned-secret K2"},
		{`{"keys": ["5f4dcc3b5aa765d61d8327deb882cf99"]}`, "assigned-secret 5f4dcc3b5aa765d61d8327deb882cf99"},
		{`API_KEYS=K1,K2`, "assigned-secret K1, assigned-secret K2"},
		{`API_KEYS="K1, K2"`, "assigned-secret K1, assigned-secret K2"},
		{`"tokens": {"a": "K1", "b": "K2"}`, "assigned-secret K1, assigned-secret K2"},
		{`passwords = ("hunter22", "s3same!")`, "password hunter22, password s3same!"},
		// random without digits, and short
		{"aws_secret_access_key = abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN",
			"aws-secret-access-key abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"},
		{`api_key="QwErTyUiOpLkJhGfDsAzXcVb"`, "assigned-secret QwErTyUiOpLkJhGfDsAzXcVb"},
		{`client_secret="a1b2c3d4e5"`, "assigned-secret a1b2c3d4e5"},
		{`{"api_key":"abc123def456ghi789"}`, "assigned-secret abc123def456ghi789"},
		{`{"key":"AbCdEf0123456789GhIjKl"}`, "assigned-secret AbCdEf0123456789GhIjKl"},
		// headers
		{"X-API-Key: K1", "authorization-header K1"},
		{"x-goog-api-key: K1", "authorization-header K1"},
		{"Authorization: Bearer K1", "authorization-header K1"},
		{"Authorization: K1", "authorization-header K1"},
		{`"Authorization": "Bearer K1"`, "authorization-header K1"},
		{`{"name":"authorization","value":"Bearer K1"}`, "authorization-header K1"},
		{"PRIVATE-TOKEN: K1", "authorization-header K1"},
		{"Proxy-Authorization: Basic Ym90OmgxdW50ZXIyMg==", "authorization-header Ym90OmgxdW50ZXIyMg=="},
		{"Cookie: session=K1; theme=dark", "assigned-secret session=K1"},
		{"map[X-Api-Key:[K1] Host:[x]]", "authorization-header K1"},
		// URLs
		{"https://api.host/v1?api_key=K1&x=1", "assigned-secret K1"},
		{"https://api.host/v1?x=1&access_token=K1#top", "assigned-secret K1"},
		// prose
		{"The API key is K1.", "assigned-secret K1"},
		{"Your password is hunter22!", "password hunter22!"},
		{"API key: K1", "assigned-secret K1"},
		{"secret access key: K1", "assigned-secret K1"},
	} {
		text := strings.NewReplacer("K1", key1, "K2", key2).Replace(c.text)
		want := strings.NewReplacer("K1", key1, "K2", key2).Replace(c.want)
		if got := strings.Join(found(text), ", "); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// TestScan_reserialised: an assignment is found behind the escapes of JSON as it is without them.
func TestScan_reserialised(t *testing.T) {
	for _, text := range []string{
		`{"a":"api_keys = ['` + key1 + `', '` + key2 + `']"}`,
		`{"a":"{\"api_keys\": [\"` + key1 + `\", \"` + key2 + `\"]}"}`,
		`"{\"a\":\"{\\\"api_keys\\\":[\\\"` + key1 + `\\\",\\\"` + key2 + `\\\"]}\"}"`,
		`{"a":"api_keys:\n  - ` + key1 + `\n  - ` + key2 + `\n"}`,
	} {
		if got, want := found(text), []string{"assigned-secret " + key1, "assigned-secret " + key2}; !slices.Equal(got,
			want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
