package secrets

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"
)

// maxName is how many bytes of a name, from its end, are looked at.
const maxName = 64

// What a name says of the values that are assigned to it.
type nameClass int

const (
	noSecret      nameClass = iota
	namesPassword           // of a person or a service, perhaps short
	namesHeader             // a header of HTTP that proves who asks
	namesSecret             // a key, a token or a secret of a program: long and random
	namesLoosely            // the same, but names like that also have other values
	namesSession            // of a user, or of a conversation
	namesKey                // just "key", which may be anything
	namesPhrase             // words from which a key is made
)

// nameWords are how names end that have secrets, without what separates words, in lower case.
var nameWords = []struct {
	class nameClass
	words string
}{
	{namesPassword, "password passwd passphrase passcode passwort kennwort pwd pass pw psw contrasena senha " +
		"requirepass masterauth"},
	{namesHeader, "authorization xapikey xauthtoken xaccesstoken xauthkey privatetoken jobtoken xgoogapikey " +
		"xvaulttoken ocpapimsubscriptionkey"},
	{namesPhrase, "mnemonic mnemonicphrase seedphrase seedword recoveryphrase secretphrase"},
	{namesSecret, "secret apikey apitoken accesstoken authtoken bearertoken refreshtoken sessiontoken " +
		"securitytoken idtoken bottoken deploytoken pat privatekey secretkey accesskey authkey encryptionkey " +
		"signingkey masterkey accountkey storagekey sharedkey clientkey consumerkey servicekey adminkey userkey " +
		"rootkey serverkey appkey applicationkey licensekey subscriptionkey webhookkey hmackey aeskey cipherkey " +
		"cryptokey jwtkey sshkey pgpkey gpgkey rsakey tlskey sslkey deploykey writekey readkey ingestkey " +
		"ingestionkey integrationkey functionkey saskey connectionkey securitykey orgkey projectkey sessionkey " +
		"passkey openaikey anthropickey claudekey mistralkey coherekey groqkey deepseekkey geminikey googlekey " +
		"azurekey awskey gcpkey huggingfacekey hfkey wandbkey langsmithkey langchainkey pineconekey togetherkey " +
		"replicatekey stripekey twiliokey sendgridkey mailgunkey datadogkey newrelickey sentrykey algoliakey " +
		"mapskey tavilykey serpkey serperkey elevenlabskey openrouterkey xaikey perplexitykey nvidiakey voyagekey " +
		"jinakey bravekey exakey moonshotkey zhipukey dashscopekey qwenkey"},
	{namesSession, "sessionid sessid"},
	{namesLoosely, "token jwt credential cred auth cookie secretstring"},
}

// shortWord is the length up to which a word of nameWords has to begin where a word of the name begins: compat is no
// pat.
const shortWord = 4

// notSecret are words before "token", "cookie" and the like that make it something else: of models, of counts, of what
// anybody may see.
var notSecret = strings.Fields(`max min num n total prompt completion input output context pad eos bos unk sep cls mask
	stop special start end first last next prev new per image audio text reasoning thinking cached public publickey
	csrf xsrf vocab word sub byte char cancellation continuation pagination page sync accepted rejected prediction
	generated consumed used remaining budget limit design lock one no by non request idempotency change action starting
	cursor marker`)

// adornments stand behind the word that says what a name is.
var adornments = strings.Fields(`value val string str text plain plaintext prod production dev development test testing
	staging live primary secondary old new backup default main encoded base raw confirmation confirm again repeat var
	list pool`)

type nameWord struct {
	class nameClass
	text  string
}

// wordsByEnd are nameWords by their last byte, the longest first.
var wordsByEnd = sync.OnceValue(func() *[256][]nameWord {
	var words [256][]nameWord
	for _, of := range nameWords {
		for text := range strings.FieldsSeq(of.words) {
			last := text[len(text)-1]
			words[last] = append(words[last], nameWord{of.class, text})
		}
	}
	for _, list := range words {
		slices.SortFunc(list, func(a, b nameWord) int { return cmp.Compare(len(b.text), len(a.text)) })
	}
	return &words
})

// classOf says what a name is of, and whether it names several.
func classOf(name []byte) (class nameClass, plural bool) {
	name = name[max(0, len(name)-maxName):]
	var letters, begins [maxName]byte // in lower case; 1 where a word begins
	n := 0
	for i, c := range name {
		if !alphanumeric(c) {
			continue
		}
		begins[n] = 0
		if i == 0 || !alphanumeric(name[i-1]) || upper(c) && !upper(name[i-1]) {
			begins[n] = 1
		}
		if upper(c) {
			c += 'a' - 'A'
		}
		letters[n] = c
		n++
	}
	if n <= len("keys") && (string(letters[:n]) == "key" || string(letters[:n]) == "keys") {
		return namesKey, n == len("keys")
	}
	for range 3 { // my_api_key_2, apiKeyProd, PASSWORD_1_OLD
		if class, plural = endsAs(letters[:n], begins[:n]); class != noSecret {
			return class, plural
		}
		shorter := bytes.TrimRight(letters[:n], "0123456789")
		for _, a := range adornments {
			if rest, ok := bytes.CutSuffix(shorter, []byte(a)); ok && len(rest) > 2 && begins[len(rest)] == 1 {
				shorter = rest
				break
			}
		}
		if len(shorter) == n {
			break
		}
		n = len(shorter)
	}
	return ownKey(name, letters[:n], begins[:n])
}

// notKeys are words before "key" that make it something else: of tables and stores, of locks, of what anybody may see.
var notKeys = strings.Fields(`public pub primary foreign partition sort cache hash index object row group lookup state run
	idempotency dedup record sequence range lock map dict json config unique composite`)

// ownKey says what a name is of that ends with "key", as variables of the environment do, and those that are somebody's
// own: MY_KEY, my_key, ACME_KEY.
func ownKey(name, letters, begins []byte) (class nameClass, plural bool) {
	n := len(letters)
	if n > 0 && letters[n-1] == 's' {
		n, plural = n-1, true
	}
	before, ok := bytes.CutSuffix(letters[:n], []byte("key"))
	if !ok || begins[len(before)] == 0 || string(before) != "my" && !bytes.Equal(name, bytes.ToUpper(name)) {
		return noSecret, false
	}
	for _, word := range notKeys {
		if from := len(before) - len(word); from >= 0 && string(before[from:]) == word && begins[from] == 1 {
			return noSecret, false
		}
	}
	return namesKey, plural
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

// endsAs says what a name is of that ends with one of nameWords.
func endsAs(letters, begins []byte) (class nameClass, plural bool) {
	n := len(letters)
	if n > 1 && letters[n-1] == 's' && letters[n-2] != 's' {
		n, plural = n-1, true
	}
	if n == 0 {
		return noSecret, false
	}
	for _, w := range wordsByEnd()[letters[n-1]] {
		at := n - len(w.text)
		if at < 0 || string(letters[at:n]) != w.text || len(w.text) <= shortWord && begins[at] == 0 {
			continue
		}
		if w.class == namesLoosely {
			for _, word := range notSecret {
				if from := at - len(word); from >= 0 && string(letters[from:at]) == word && begins[from] == 1 {
					return noSecret, false
				}
			}
		}
		return w.class, plural
	}
	return noSecret, false
}
