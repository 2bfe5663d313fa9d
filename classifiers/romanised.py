"""Words by which Hindi, Urdu, Arabic and Russian are known in Latin letters, where fastText's model knows none of them.

Small words that most sentences can't do without, in the spellings people type, and what they write to brands. Left
out is what English has too, names and products among it ("band", "bas", "el", "mesh", "mila", "net", "se"), and what
became English slang ("ya", "yeh", "habibi", "inshallah"). Digits are cut before words are looked at, so "3ayez"
stands in no list.
"""

_HINDI_AND_URDU = """
hai hain hoon hun tha thi thay hoga hogi honge hota hoti hote hua hui huye raha rahi rahe rha rhi rhe gaya gayi gaye
gya kiya kiye karo karna karta karte karti karke kare karein karun karenge karega krna kar diya diye dedo
liya liye lelo mili milta milega milegi milenge aaya aayi aaye aayega aayegi aata jata jaye jayega chal
chala chalta chahiye chahie nahi nahin nhi nai kya kyu kyun kyon kyo kab kahan kaha kaise kaisa kaisi kaun kitna
kitni kitne kisi koi kuch kuchh mera meri mujhe mujhko humein hamara hamari tumhara teri aap aapka
aapki aapke aapko apna apni apne unka unki uska uski iska iski isko usko yahan wahan woh voh aur lekin magar
phir abhi aaj kal parso tak bhi sirf bahut bohot bohat bahot boht zyada thoda itna itni ka ki mein
mai wala wali wale baat baar mahine saal paisa paise paisay rupaye kharab bekar bekaar bakwas faltu ghatiya
accha acha achha achi acche theek thik sahi galat jhooth shukriya dhanyavaad dhanyawad madad jawab masla bhai yaar ji
janab dost sabse kaam saath wapas wapis jaldi der intezar sharam zaroor bilkul suno dekho batao bolo
"""
_ARABIC = """
enta enti ento ehna huwa dih msh moush mafish mafeesh mfesh fein feen wein
leh leih lesh leish ezay ezzay izzay keef kaif shu aywa aiwa ayez aayez awez ashan alashan maalesh keda
kda khalas khlas yalla yala awi awy aktar kteer ktir keteer helw hilw helwa wallah wallahi walla rabena
rabbena yarab yarabb shukran shokran mashkoor mabrouk mabrook afwan lissa lessa delwaty dilwati bokra bukra
mafi maku badi biddi bedi yaani yani khedma khidma zeft zift nasb talab talabiya talabiye felous flous feloosy felousy
mushkila moshkela mushkela kalam kull kollo
"""
_RUSSIAN = """
vy oni eto etot eta chto shto chego kto gde kogda kuda pochemu zachem kak kakoi skolko nichego nikto
nikogda nikomu nikak uzhe esche eshche yesche escho opyat snova vsyo vse vsego vsegda ochen prosto tolko mozhno nado
nuzhno nelzya budet bylo byl byla moy moi moya moyo moego vash vasha vashi vami vam menya mne mnoi tebe
spasibo pozhaluysta pozhaluista privet zdravstvuyte izvinite horosho khorosho ploho plokho otlichno uzhasno uzhas
uzhasny pozor koshmar otstoy zakaz zakaza dostavka dostavku dengi deneg vernite verni servis podderzhka prilozhenie
telefon rabotaet rabotayet rabotaete otvechaete otvechayut zhdu zhdat zhdem prishel prishlo privezli rebyata molodcy
molodtsy rekomenduyu sovetuyu posle pered potomu poka tozhe dazhe yesli esli dlya
"""
WORDS = frozenset((_HINDI_AND_URDU + _ARABIC + _RUSSIAN).split())
