namespace Aria.Cli.Testnet;

/// <summary>The seed that a testnet's ledgers were begun with: another seed means other keys, whose ledgers these are not.</summary>
internal static class TestnetSeed
{
    /// <summary>Remembers the seed of a new testnet; refuses another seed for an old one.</summary>
    /// <exception cref="CommandFailedException">The data belong to another seed.</exception>
    public static void Claim(TestnetFolder folder, string seed)
    {
        if (File.Exists(folder.SeedFile))
        {
            string known = File.ReadAllText(folder.SeedFile).TrimEnd('\n');
            if (known != seed)
            {
                throw CommandFailedException.Precondition(
                    "other_seed",
                    $"The ledgers of testnet '{folder.Name}' belong to keys of seed \"{known}\", not \"{seed}\".",
                    $"go on with them: --seed {known}    or delete them: aria testnet up --reset --seed {seed}");
            }

            return;
        }

        Directory.CreateDirectory(folder.Data);
        File.WriteAllText(folder.SeedFile, seed + "\n");
    }
}
