using System.Security.Cryptography;
using System.Text;
using Aria.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Aria.Gateway.Access;

/// <summary>Shown by whoever started the gateway: it opens private parts, such as the texts behind a record, and the testnet's switches.</summary>
public sealed class OwnerToken
{
    private const int Bytes = 32;
    private const string Scheme = "Bearer ";

    private readonly byte[] _digest;

    /// <summary>A token given by the owner.</summary>
    public OwnerToken(string text)
    {
        Text = text;
        _digest = SHA256.HashData(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>A fresh token of 256 random bits.</summary>
    public static OwnerToken Draw() => new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes)));

    /// <summary>The token itself; kept in files that only the owner reads.</summary>
    public string Text { get; }

    /// <summary>Whether the request shows the token, compared in constant time.</summary>
    public bool IsShownBy(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header
        && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..])), _digest);

    /// <summary>Refuses a request that does not show the token.</summary>
    /// <exception cref="RequestRefusedException">401 <c>owner_only</c>.</exception>
    public void Require(HttpRequest request)
    {
        if (!IsShownBy(request))
        {
            throw new RequestRefusedException(ApiError.OwnerOnly());
        }
    }
}
