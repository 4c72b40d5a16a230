using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Tintype.Identity.Passwords;

/// <summary>
/// A password as it is kept: the Argon2id hash with its salt and parameters, as a PHC string
/// (<c>$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA</c>). Hashes made with other parameters go on working.
/// </summary>
/// <param name="Memory">KiB.</param>
internal sealed record PasswordHash(int Memory, int Passes, byte[] Salt, byte[] Hash)
{
    private const string Scheme = "argon2id";
    private const string Version = "v=19";
    private const int SaltLength = 16;
    private const int HashLength = 32;

    /// <summary>Computes the hash with a salt of its own and the parameters of the day. Takes tens of milliseconds of processor time.</summary>
    public static PasswordHash Of(string password)
    {
        // The minimum that OWASP's password storage cheat sheet gives: every command of the client signs in by password.
        var parameters = new PasswordHash(Memory: 19 * 1024, Passes: 2, RandomNumberGenerator.GetBytes(SaltLength), new byte[HashLength]);
        return parameters with { Hash = parameters.Compute(password) };
    }

    /// <summary>Whether <paramref name="password"/> is the one, in a time that does not depend on where they differ.</summary>
    public bool Matches(string password) => CryptographicOperations.FixedTimeEquals(Compute(password), Hash);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"${Scheme}${Version}$m={Memory},t={Passes},p=1${Encode(Salt)}${Encode(Hash)}");

    /// <exception cref="FormatException">The text is not a PHC string of Argon2id, version 19, with one lane.</exception>
    public static PasswordHash Parse(string text)
    {
        if (text.Split('$') is not ["", Scheme, Version, var parameters, var salt, var hash])
            throw new FormatException("A stored password hash is not an Argon2id PHC string of version 19.");
        if (parameters.Split(',') is not [['m', '=', .. var memory], ['t', '=', .. var passes], "p=1"])
            throw new FormatException($"A stored password hash has the parameters '{parameters}'; m, t and p=1 are expected.");
        return new PasswordHash(Number(memory), Number(passes), Decode(salt), Decode(hash));
    }

    // UTF-8 as everybody hashes passwords: given a string, the library would take its UTF-16.
    private byte[] Compute(string password) => PasswordBasedKeyDerivationAlgorithm
        .Argon2id(new Argon2Parameters { MemorySize = Memory, NumberOfPasses = Passes, DegreeOfParallelism = 1 })
        .DeriveBytes(Encoding.UTF8.GetBytes(password), Salt, Hash.Length);

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    // PHC's base64 has no padding.
    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[] Decode(string text) => Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
}
